import type { IncomingMessage } from 'node:http';
import type { BlockList } from 'node:net';
import type { Principal } from '../../auth/scopes.js';

/** The names and addresses that requests may use for the server. */
export interface HostPolicy {
  /** Allowed names and addresses in addition to loopback: lower case, IPv6 without brackets. */
  readonly names: readonly string[];
  /** Also allows every IP address. For a server that listens on all addresses: a rebound name is not an address. */
  readonly anyAddress?: boolean;
}

/** Proxies whose `X-Forwarded-For` is trusted. */
export interface TrustedProxies {
  readonly addresses: BlockList;
  /** Trusts every peer of the unix socket. */
  readonly unix: boolean;
}

/** The rules of one listen address. An application can have several. */
export interface ListenerRules {
  /** Allowed values of `Host`. Absent where no browser can connect. */
  readonly hosts: HostPolicy | undefined;
  /** Peers whose `X-Forwarded-For` is trusted. Default: none. */
  readonly proxies?: TrustedProxies;
  /** Milliseconds in which a body must arrive. A restore's body has a rule of its own. */
  readonly bodyTime: number;
  /**
   * The principal of a request without a token: none, an anonymous reader, a socket's owner or a certificate's holder.
   */
  identify(incoming: IncomingMessage): Principal | undefined;
}
