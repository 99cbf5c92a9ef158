import type { LocalTable } from '@conntrack/table';
import { type JsonWebKeySet, type JwtOptions, jwtVerifier } from '../auth/jwt.js';
import { SCOPES } from '../auth/scopes.js';
import { checkSecret, hashToken, makeToken, type StoredToken, tokenFinder } from '../auth/tokens.js';
import type { EventLimits } from '../events/event-limits.js';
import { checkBasePath } from '../http/base-path.js';
import { trustedProxies } from '../http/remote-address.js';
import type { ReloadCounts } from '../observe/metrics.js';
import type { Limits } from '../operations/operation.js';
import { ChangeRuns } from '../plans/change-runs.js';
import { createApp } from './app.js';
import { DEFAULT_LISTEN } from './listen-address.js';
import {
  CONNECTION_LIMITS,
  type ConnectionLimits,
  type Listener,
  type ListenOptions,
  openListener,
} from './listener.js';
import { roomFor } from './open-files.js';
import { checkServeOptions } from './option-keys.js';
import type { TableOfNetns } from './served-tables.js';
import type { TlsOptions } from './tls.js';

/** Milliseconds that requests under way get when the server stops. */
const GRACE = 5_000;

/** What a server is started with. */
export interface ServeOptions {
  /** What it serves. It stays open when the server closes. */
  table: LocalTable;
  /** Tables of other network namespaces, served below `/netns/{name}`. */
  netns?: TableOfNetns;
  /** `host:port`, `[v6]:port`, `unix:/path` or `fd:3`, one or several (127.0.0.1:4680 unless told; port 0 takes a free one). */
  listen?: string | ListenOptions | readonly (string | ListenOptions)[];
  /** Who may read without a token: nobody (the default), or everybody, on loopback addresses only. */
  anonymous?: 'none' | 'read';
  /** Tokens with their scopes, hashed (`hashToken`). */
  tokens?: readonly StoredToken[];
  /** Accepts tokens of an issuer too (OIDC, JWT), which `jose` checks: install it beside this package. */
  jwt?: JwtOptions;
  /** A token for everything, of at least 16 characters. Without it, `tokens` and clients with certificates one is made for this run. */
  adminToken?: string;
  /** Origins (`https://noc.example`) whose web pages may use the API, besides its own. None by default. */
  origins?: readonly string[];
  /** Routes that change anything do not exist. */
  readOnly?: boolean;
  /** More names that `Host` may have: how a reverse proxy or a controller calls this server. */
  hosts?: readonly string[];
  /**
   * Reverse proxies whose `X-Forwarded-For` is believed: addresses, prefixes (`10.0.0.0/8`), and `unix` for whoever opens a unix socket. Limits and
   * audit lines then count the client's address.
   */
  trustedProxies?: readonly string[];
  /** Names of the namespaces that `netns` finds and that are there now, for `GET /netns`. */
  netnsNames?: () => readonly string[] | Promise<readonly string[]>;
  /** What this server calls itself in `/version` and in a header of each answer (default: the host's name). */
  node?: string;
  /** Takes audit and error lines. When it throws, the line counts as lost: `/readyz` and a metric tell. */
  log?: (line: object) => void;
  /** A change whose audit lines cannot be written is not made (default: it is made, and the failure is told). */
  auditRequired?: boolean;
  /** Each answer leaves a line for `log` (default: false). */
  accessLog?: boolean;
  /** How often files were read again, for the metrics. */
  reloads?: ReloadCounts;
  /** What stands in front of every path that clients see (`/ct`), for a server below a path of a proxy. Requests are answered with and without it. */
  basePath?: string;
  /** Stops the server. */
  signal?: AbortSignal;
  /** Milliseconds that requests under way get when it stops (5,000 unless told). */
  grace?: number;
  limits?: Partial<Limits>;
  /** Bounds of the event streams. */
  eventLimits?: Partial<EventLimits>;
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

const listOf = (listen: NonNullable<ServeOptions['listen']>): ListenOptions[] =>
  [listen].flat().map(each => (typeof each === 'string' ? { address: each } : each) as ListenOptions);

/**
 * Serves a table over HTTP.
 *
 * @throws ListenError when it cannot listen, with the fix
 * @throws OptionsError for an option that does not exist
 * @throws TypeError for an admin token that is too short, a trusted proxy that is no address, and a base path that is none
 * @example
 * ```ts
 * import { serve } from '@conntrack/api';
 * import { openTable } from '@conntrack/table';
 *
 * const server = await serve({ table: await openTable('kernel'), anonymous: 'read' });
 * console.log(server.url, server.adminToken);
 * ```
 */
export async function serve(options: ServeOptions): Promise<RunningServer> {
  checkServeOptions(options);
  const { table, anonymous = 'none', tokens, hosts = [], grace = GRACE, signal } = options;
  const basePath = checkBasePath(options.basePath);
  signal?.throwIfAborted();
  const listen = listOf(options.listen ?? DEFAULT_LISTEN);
  const configured =
    tokens !== undefined || options.jwt !== undefined || listen.some(({ tls }) => tls?.clients?.length);
  const adminToken = options.adminToken ?? (configured ? undefined : makeToken());
  if (adminToken !== undefined) checkSecret(adminToken);
  const admin = adminToken === undefined ? [] : [{ name: 'admin', sha256: hashToken(adminToken), scopes: SCOPES }];
  let find = tokenFinder([...admin, ...(tokens ?? [])]);
  const jwt = options.jwt && (await jwtVerifier(options.jwt));
  const closing = new AbortController();
  const changes = new ChangeRuns();
  const app = createApp({
    closing: closing.signal,
    changes,
    table,
    basePath,
    auth: { tokens: token => find(token), ...(jwt && { jwt }) },
    ...(options.netns && { netns: options.netns }),
    ...(options.origins && { origins: options.origins }),
    ...(options.readOnly !== undefined && { readOnly: options.readOnly }),
    listening: {
      connections: () => listeners.reduce((sum, { connections }) => sum + connections, 0),
      certificates: () =>
        listeners.flatMap(({ urls: [address = ''], certificateExpiry: expires }) =>
          expires === undefined ? [] : [{ address, expires }],
        ),
    },
    ...(options.reloads && { reloads: options.reloads }),
    ...(options.netnsNames && { netnsNames: options.netnsNames }),
    ...(options.node !== undefined && { node: options.node }),
    ...(options.accessLog !== undefined && { accessLog: options.accessLog }),
    ...(options.auditRequired !== undefined && { auditRequired: options.auditRequired }),
    ...(options.log && { log: options.log }),
    ...(options.limits && { limits: options.limits }),
    ...(options.eventLimits && { eventLimits: options.eventLimits }),
  });
  const listeners: Listener[] = [];
  const limits = { ...CONNECTION_LIMITS, ...options.connections };
  const room = roomFor(limits.connections, listen.length);
  const context = {
    fetch: (request: Request, env: object) => app.fetch(request, env),
    anonymous,
    proxies: options.trustedProxies && trustedProxies(options.trustedProxies),
    only: listen.length === 1,
    hosts,
    basePath,
    limits: { ...limits, connections: room.connections },
  };
  try {
    for (const each of listen) listeners.push(await openListener(each, context));
  } catch (error) {
    closing.abort();
    await Promise.all(listeners.map(listener => listener.stop(0)));
    throw error;
  }
  const urls = listeners.flatMap(listener => listener.urls);
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    // Streams of events would never end by themselves.
    closing.abort();
    closed ??= Promise.all(listeners.map(listener => listener.stop(grace))).then(() => changes.close());
    return closed;
  };
  signal?.addEventListener('abort', () => void close(), { once: true });
  return {
    url: urls[0]!,
    urls,
    warnings: [...room.warnings, ...listeners.flatMap(listener => listener.warnings)],
    ...(adminToken !== undefined && { adminToken }),
    renew(fresh) {
      const other = fresh.tokens && tokenFinder([...admin, ...fresh.tokens]);
      const renewals = (fresh.tls ?? []).flatMap((tls, i) =>
        tls === undefined ? [] : [{ tls, listener: listeners[i]! }],
      );
      // All of it is looked at before any of it counts.
      for (const { tls, listener } of renewals) listener.check(tls);
      if (fresh.jwks !== undefined) jwt?.renew(fresh.jwks);
      for (const { tls, listener } of renewals) listener.renew(tls);
      find = other ?? find;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
