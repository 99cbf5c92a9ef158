import type { IncomingMessage } from 'node:http';
import type { Principal } from '../auth/scopes.js';
import type { HostPolicy } from './guard.js';
import type { TrustedProxies } from './remote-address.js';

/** The address that a request came in by: one application can have several, each with its own rules. */
export interface Entrance {
  /** Which names `Host` may have; absent where no browser can come. */
  readonly hosts: HostPolicy | undefined;
  /** Peers whose `X-Forwarded-For` is believed; nobody's is when absent. */
  readonly proxies?: TrustedProxies;
  /** Milliseconds within which a body has to arrive. The body of a restore has a rule of its own. */
  readonly bodyTime: number;
  /** Who a request without a token is: nobody, anybody, the owner of a socket, the holder of a certificate. */
  identify(incoming: IncomingMessage): Principal | undefined;
}
