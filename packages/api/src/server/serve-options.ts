import type { JsonWebKeySet, JwtOptions } from '../auth/jwt.js';
import type { StoredToken } from '../auth/tokens.js';
import type { SharedOptions } from './app-options.js';
import type { ConnectionLimits, ListenOptions } from './listener.js';
import type { TlsOptions } from './tls.js';

/** Options of `serve`. */
export interface ServeOptions extends SharedOptions {
  /**
   * One or more listen addresses: `host:port`, `[v6]:port`, `unix:/path` or `fd:3`. Port 0 chooses a free port.
   * Default: 127.0.0.1:4680.
   */
  listen?: string | ListenOptions | readonly (string | ListenOptions)[];
  /** Who may read without a token: nobody (`none`, the default), or everybody on loopback addresses (`read`). */
  anonymous?: 'none' | 'read';
  /** Accepted tokens with their scopes, as hashes (see `hashToken`). */
  tokens?: readonly StoredToken[];
  /** Also accepts tokens of an issuer (OIDC, JWT). Needs the package `jose`. */
  jwt?: JwtOptions;
  /**
   * A token with all scopes, of at least 16 characters. Default: generated for this run, unless `tokens`, `jwt` or
   * client certificates are configured.
   */
  adminToken?: string;
  /** Additional names that `Host` may have: the names by which a reverse proxy or a controller calls this server. */
  hosts?: readonly string[];
  /**
   * Reverse proxies whose `X-Forwarded-For` is trusted: addresses, prefixes (`10.0.0.0/8`), and `unix` for every peer
   * of a unix socket. Limits and audit lines then use the client's address. Default: none.
   */
  trustedProxies?: readonly string[];
  /** Stops the server when aborted. */
  signal?: AbortSignal;
  /** Milliseconds that running requests get when the server stops. Default: 5,000. */
  grace?: number;
  /** Limits of connections. */
  connections?: Partial<ConnectionLimits>;
}

/** Settings that a running server can replace. */
export interface Renewal {
  /** The accepted tokens. They replace all earlier ones but the admin token. */
  tokens?: readonly StoredToken[];
  /** The keys of `jwt`, if they do not come from a URL. */
  jwks?: JsonWebKeySet;
  /** New TLS settings for each address, in the order of `listen`. `undefined` keeps the old ones. */
  tls?: readonly (TlsOptions | undefined)[];
}

/** A running server. */
export interface RunningServer {
  /** The first of `urls`. */
  readonly url: string;
  /** The URLs of the server: one for each address of this host that it listens on, or `unix:/path`. */
  readonly urls: readonly string[];
  /** The admin token of this run, if one was generated or given. */
  readonly adminToken?: string;
  /** The version of the server, as in `GET /version`. */
  readonly version: string;
  /**
   * Answers a request that arrived by other means than a connection to this server, for example over the broker of a
   * fleet. Token, scopes and limits are checked as for every other request. A request without a token is rejected,
   * whatever `anonymous` allows.
   */
  fetch(request: Request): Promise<Response>;
  /**
   * Replaces tokens, keys and certificates. Connections and requests continue. If it throws, nothing was replaced.
   * @throws TypeError, FilterError or ListenError
   */
  renew(fresh: Renewal): void;
  /**
   * Warnings for the operator: addresses that other hosts can reach without TLS, and fewer connections than configured.
   */
  readonly warnings: readonly string[];
  /**
   * Stops accepting requests, gives running ones the grace period to end, and then closes their connections. Changes
   * that still run are then stopped after their current batch, and their outcomes are written. May be called more than
   * once.
   */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
