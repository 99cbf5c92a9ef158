import type { JsonWebKeySet, JwtOptions } from '../auth/jwt.js';
import type { StoredToken } from '../auth/tokens.js';
import type { SharedOptions } from './app-options.js';
import type { ConnectionLimits, ListenOptions } from './listener.js';
import type { TlsOptions } from './tls.js';

/** What a server is started with. */
export interface ServeOptions extends SharedOptions {
  /** `host:port`, `[v6]:port`, `unix:/path` or `fd:3`, one or several (default: 127.0.0.1:4680; port 0 takes a free one). */
  listen?: string | ListenOptions | readonly (string | ListenOptions)[];
  /** Who may read without a token: nobody (the default), or everybody, on loopback addresses only. */
  anonymous?: 'none' | 'read';
  /** Tokens with their scopes, hashed (`hashToken`). */
  tokens?: readonly StoredToken[];
  /** Accepts tokens of an issuer too (OIDC, JWT), which `jose` checks: install it beside this package. */
  jwt?: JwtOptions;
  /** A token for everything, of at least 16 characters. Without it, `tokens` and clients with certificates one is made for this run. */
  adminToken?: string;
  /** More names that `Host` may have: how a reverse proxy or a controller calls this server. */
  hosts?: readonly string[];
  /**
   * Reverse proxies whose `X-Forwarded-For` is believed: addresses, prefixes (`10.0.0.0/8`), and `unix` for everybody who opens a unix socket. Limits and
   * audit lines then count the client's address.
   */
  trustedProxies?: readonly string[];
  /** Stops the server. */
  signal?: AbortSignal;
  /** Milliseconds that requests under way get when it stops (default: 5,000). */
  grace?: number;
  /** Bounds of connections, in time and number. */
  connections?: Partial<ConnectionLimits>;
}

/** What a server can take while it runs. */
export interface Renewal {
  tokens?: readonly StoredToken[];
  /** The keys of `jwt`, where they do not come from a URL. */
  jwks?: JsonWebKeySet;
  /** For each address, in the order of `listen`, what it speaks TLS with; `undefined` leaves it as it is. */
  tls?: readonly (TlsOptions | undefined)[];
}

/** A server that listens. */
export interface RunningServer {
  /** The first of `urls`. */
  readonly url: string;
  /** Where it can be reached: one URL for each address of this host that it listens on, or `unix:/path`. */
  readonly urls: readonly string[];
  /** The token of this run, where one was made or given. */
  readonly adminToken?: string;
  /** Takes other tokens and certificates. Connections and requests go on. @throws TypeError, FilterError or ListenError, and then nothing has changed. */
  renew(fresh: Renewal): void;
  /** What an operator should know: addresses of other hosts' reach that speak no TLS, fewer files than connections. */
  readonly warnings: readonly string[];
  /**
   * Takes no more requests, lets those under way end within the grace, then cuts them. Changes that go on without their client are stopped then, each
   * after its batch, and their outcome is written. Safe to call twice.
   */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
