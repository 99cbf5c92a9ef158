import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import type { ConntrackTable } from '@conntrack/table';
import { getRequestListener } from '@hono/node-server';
import { createApp } from '../app.js';
import type { EventLimits } from '../events/journal.js';
import type { HostPolicy } from '../http/guard.js';
import type { Limits } from '../operation.js';
import { Problem, problemResponse } from '../problems.js';
import { type Principal, READ_SCOPES, SCOPES } from '../scopes.js';
import { hashToken, makeToken, type StoredToken } from '../tokens.js';
import { answerClientError } from './client-error.js';
import { listenOn } from './listen.js';
import { isLocal, isWildcard, type ListenAddress, parseListen } from './listen-address.js';
import { ListenError } from './listen-error.js';

/** Where a server listens unless told. */
export const DEFAULT_LISTEN = '127.0.0.1:4680';

/** Bytes of a request line and headers: room for the longest filter there may be, percent-encoded. */
const MAX_HEADER_SIZE = 32 * 1024;
/** Milliseconds for a request's headers, and for all of it, to arrive. */
const HEADERS_TIMEOUT = 10_000;
const REQUEST_TIMEOUT = 30_000;
/** Milliseconds that requests under way get when the server stops. */
const GRACE = 5_000;

/** What a server is started with. */
export interface ServeOptions {
  /** What it serves. It stays open when the server closes. */
  table: ConntrackTable;
  /** `host:port`, `[v6]:port` or `unix:/path` (127.0.0.1:4680 unless told; port 0 takes a free one). */
  listen?: string;
  /** Who may read without a token: nobody (the default), or everybody, on loopback and unix sockets only. */
  anonymous?: 'none' | 'read';
  /** Tokens with their scopes, hashed (`hashToken`). */
  tokens?: readonly StoredToken[];
  /** A token for everything. Without it and without `tokens` one is made for this run. */
  adminToken?: string;
  /** Routes that change anything do not exist. */
  readOnly?: boolean;
  /** More names that `Host` may have: how a reverse proxy or a controller calls this server. */
  hosts?: readonly string[];
  /** Takes audit and error lines. */
  log?: (line: object) => void;
  /** Stops the server. */
  signal?: AbortSignal;
  /** Milliseconds that requests under way get when it stops (5,000 unless told). */
  grace?: number;
  limits?: Partial<Limits>;
  /** Bounds of the event streams. */
  eventLimits?: Partial<EventLimits>;
}

/** A server that listens. */
export interface RunningServer {
  /** The first of `urls`. */
  readonly url: string;
  /** Where it can be reached: one URL for each address of this host that it listens on, or `unix:/path`. */
  readonly urls: readonly string[];
  /** The token of this run, where one was made or given. */
  readonly adminToken?: string;
  /** Takes no more requests, lets those under way end within the grace, then cuts them. Safe to call twice. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const ALL_SCOPES: Principal['scopes'] = SCOPES;

const bracketed = (host: string): string => (host.includes(':') ? `[${host}]` : host);

function urlsOf(server: Server, address: ListenAddress): string[] {
  if (address.kind === 'unix') return [`unix:${address.path}`];
  const { port } = server.address() as AddressInfo;
  const hosts = isWildcard(address)
    ? Object.values(networkInterfaces())
        .flatMap(addresses => addresses ?? [])
        .filter(({ family, scopeid }) => !scopeid && (family === 'IPv4' || address.host.includes(':')))
        .sort((one, other) => Number(other.internal) - Number(one.internal))
        .map(({ address: host }) => host)
    : [address.host];
  return (hosts.length > 0 ? hosts : [address.host]).map(host => `http://${bracketed(host)}:${port}`);
}

/** Whom a request without a token is. A unix socket is guarded by its file's mode: who can open it is the server's user, or root. */
function fallbackOf(address: ListenAddress, anonymous: 'none' | 'read'): Principal | undefined {
  if (address.kind === 'unix') return { name: 'unix-socket', scopes: ALL_SCOPES };
  return anonymous === 'read' ? { name: 'anonymous', scopes: READ_SCOPES } : undefined;
}

function hostsOf(address: ListenAddress, more: readonly string[]): HostPolicy | undefined {
  if (address.kind === 'unix') return undefined;
  const names = [
    address.host,
    ...(address.name ? [address.name] : []),
    ...(isWildcard(address) ? [hostname()] : []),
    ...more,
  ];
  return { names: names.map(name => name.toLowerCase()), anyAddress: isWildcard(address) };
}

/** Lets requests end within the grace, then closes their connections, which aborts what they do. */
async function stop(server: Server, grace: number): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), grace);
  await closed;
  clearTimeout(timer);
}

/**
 * Serves a table over HTTP.
 *
 * @throws ListenError when it cannot listen, with the mend.
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
  const {
    table,
    listen = DEFAULT_LISTEN,
    anonymous = 'none',
    tokens = [],
    hosts = [],
    grace = GRACE,
    signal,
  } = options;
  signal?.throwIfAborted();
  const address = await parseListen(listen);
  if (anonymous === 'read' && !isLocal(address))
    throw new ListenError(
      'LISTEN_ANONYMOUS',
      `${listen} can be reached from other hosts, and reading without a token is for loopback and unix sockets; leave out 'anonymous' or listen on 127.0.0.1`,
      listen,
    );
  const adminToken = options.adminToken ?? (tokens.length === 0 ? makeToken() : undefined);
  const admin = adminToken === undefined ? [] : [{ name: 'admin', sha256: hashToken(adminToken), scopes: ALL_SCOPES }];
  const fallback = fallbackOf(address, anonymous);
  const hostPolicy = hostsOf(address, hosts);
  const closing = new AbortController();
  const app = createApp({
    closing: closing.signal,
    table,
    auth: { tokens: [...admin, ...tokens], ...(fallback && { fallback }) },
    ...(hostPolicy && { hosts: hostPolicy }),
    ...(options.readOnly !== undefined && { readOnly: options.readOnly }),
    ...(options.log && { log: options.log }),
    ...(options.limits && { limits: options.limits }),
    ...(options.eventLimits && { eventLimits: options.eventLimits }),
  });
  const listener = getRequestListener(app.fetch, {
    hostname: 'localhost',
    errorHandler: () => problemResponse(new Problem('request-malformed', 'the URL or the Host header is not valid')),
  });
  const server = createServer(
    // A missing Host is answered by the guard, as a problem; Node's own answer is bare.
    {
      maxHeaderSize: MAX_HEADER_SIZE,
      headersTimeout: HEADERS_TIMEOUT,
      requestTimeout: REQUEST_TIMEOUT,
      requireHostHeader: false,
    },
    listener,
  );
  server.on('clientError', answerClientError);
  await listenOn(server, address, listen);
  const urls = urlsOf(server, address);
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    // Streams of events would never end by themselves.
    closing.abort();
    closed ??= stop(server, grace);
    return closed;
  };
  signal?.addEventListener('abort', () => void close(), { once: true });
  return {
    url: urls[0]!,
    urls,
    ...(adminToken !== undefined && { adminToken }),
    close,
    [Symbol.asyncDispose]: close,
  };
}
