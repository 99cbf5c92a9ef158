import type { IncomingMessage } from 'node:http';
import type { BlockList } from 'node:net';
import type { Principal } from '../../auth/scopes.js';

/** Which names and addresses of itself a server answers to. */
export interface HostPolicy {
  /** Names and addresses besides loopback's, lower case, IPv6 without brackets. */
  readonly names: readonly string[];
  /** Any address in digits as well: right where the server listens on all of them. A rebound name is not an address. */
  readonly anyAddress?: boolean;
}

/** Which peers may say on whose behalf they ask. */
export interface TrustedProxies {
  readonly addresses: BlockList;
  /** Everybody who opens a unix socket. */
  readonly unix: boolean;
}

/** The address that a request came in by: one application can have several, each with its own rules. */
export interface ListenerRules {
  /** Which names `Host` may have; absent where no browser can come. */
  readonly hosts: HostPolicy | undefined;
  /** Peers whose `X-Forwarded-For` is believed; nobody's is when absent. */
  readonly proxies?: TrustedProxies;
  /** Milliseconds within which a body has to arrive. The body of a restore has a rule of its own. */
  readonly bodyTime: number;
  /** Who a request without a token is: nobody, anybody, the owner of a socket, the holder of a certificate. */
  identify(incoming: IncomingMessage): Principal | undefined;
}
