import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import { getRequestListener } from '@hono/node-server';
import type { Scope } from '../auth/scopes.js';
import { BatchedResponse } from '../http/answer/batched-response.js';
import { BODY_TIME, limitUnreadBody } from '../http/body/body-arrival.js';
import type { Env } from '../http/context.js';
import type { ListenerRules, TrustedProxies } from '../http/guard/listener-rules.js';
import { Problem, problemResponse } from '../http/problem/problems.js';
import { answerByHand, answerClientError } from './client-error.js';
import { listenOn } from './listen.js';
import { isLocal, parseListen } from './listen-address.js';
import { ListenError } from './listen-error.js';
import { rulesOf } from './rules-of-address.js';
import { checkTls, secureContext, type TlsOptions, tlsServerOptions } from './tls.js';
import { boundAddress, urlsOf } from './urls.js';

/** A listen address with its settings. */
export interface ListenOptions {
  /** `host:port`, `[v6]:port`, `unix:/path`, or `fd:3` for an inherited socket. */
  address: string;
  /** File mode of a unix socket: it decides who may connect. Default: 0600. */
  mode?: number;
  /** Scopes of those who may open the unix socket, without a token. Default: all. */
  scopes?: readonly Scope[];
  /** Enables TLS on this address. */
  tls?: TlsOptions;
}

/** Limits of a server's connections. Times are in milliseconds. */
export interface ConnectionLimits {
  /** Time for the TLS handshake, and for the headers of a request, to arrive. Default: 10,000. */
  headers: number;
  /**
   * Time for the body of a request to arrive. Default: 30,000. The body of a restore may take longer: see `restoreTime`
   * and `restoreRate` in `Limits`.
   */
  request: number;
  /** Time that an idle connection is kept open. Default: 65,000, longer than common load balancers keep theirs. */
  keepAlive: number;
  /** Maximum number of connections to one address; further ones are closed at once. Default: 10,000. */
  connections: number;
}

/** The default limits of connections. */
export const CONNECTION_LIMITS: ConnectionLimits = {
  headers: 10_000,
  request: BODY_TIME,
  keepAlive: 65_000,
  connections: 10_000,
};

/** Maximum bytes of request line and headers. Enough for the longest filter, percent-encoded. */
const MAX_HEADER_SIZE = 32 * 1024;
/**
 * Milliseconds between checks for late requests. With Node's default of 30 s, the limit of 10 s for headers would
 * become 40 s.
 */
const LATENESS = 1_000;

type Fetch = (request: Request, env: Env['Bindings']) => Response | Promise<Response>;

/** What all listeners of a server share. */
export interface ListenerContext {
  fetch: Fetch;
  anonymous: 'none' | 'read';
  /**
   * Whether this is the server's only address. Anonymous reading is then useless on an address that does not allow it,
   * and is rejected.
   */
  only: boolean;
  /** Additional names that `Host` may have. */
  hosts: readonly string[];
  /** The path before all paths that clients see. */
  basePath: string;
  proxies: TrustedProxies | undefined;
  limits: ConnectionLimits;
}

/** An address that the server listens on. */
export interface Listener {
  readonly urls: readonly string[];
  /** Warnings for the operator. */
  readonly warnings: readonly string[];
  /** Number of open connections. */
  readonly connections: number;
  /** Expiry of the certificate in milliseconds since 1970; `undefined` without TLS. */
  readonly certificateExpiry: number | undefined;
  /** Checks new TLS settings without using them. @throws ListenError LISTEN_TLS */
  check(tls: TlsOptions): void;
  /** Uses other TLS settings for new connections. Existing connections continue. @throws ListenError LISTEN_TLS */
  renew(tls: TlsOptions): void;
  /**
   * Stops accepting connections, gives running requests `grace` milliseconds to end, and then closes their connections.
   */
  stop(grace: number): Promise<void>;
}

const openToOthers = (listen: string): ListenError =>
  new ListenError(
    'LISTEN_ANONYMOUS',
    `${listen} is reachable from other hosts, but reading without a token is allowed on loopback and unix sockets only. Remove 'anonymous', or listen on 127.0.0.1`,
    listen,
  );

/** Gives running requests time to end, then closes their connections, which aborts what they do. */
async function stop(server: Server | TlsServer, grace: number): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeIdleConnections();
  // A connection becomes idle only when its last request ends.
  const idle = setInterval(() => server.closeIdleConnections(), 50);
  const cut = setTimeout(() => server.closeAllConnections(), grace);
  await closed;
  clearInterval(idle);
  clearTimeout(cut);
}

/** Makes a server with connection limits, which answers every error with a problem response. It does not listen yet. */
function newServer(
  tls: TlsOptions | undefined,
  { limits, basePath }: ListenerContext,
  answer: ReturnType<typeof getRequestListener>,
): Server | TlsServer {
  const settings = {
    ServerResponse: BatchedResponse,
    maxHeaderSize: MAX_HEADER_SIZE,
    headersTimeout: limits.headers,
    // Node cannot exempt one route from this limit. The reader of a body enforces the time limit; for unread bodies,
    // `limitUnreadBody` does.
    requestTimeout: 0,
    keepAliveTimeout: limits.keepAlive,
    connectionsCheckingInterval: Math.min(LATENESS, limits.headers),
    // The host guard answers a missing Host with a problem response; Node's own response has no body.
    requireHostHeader: false,
  };
  const server: Server | TlsServer =
    tls === undefined
      ? createServer(settings, answer)
      : createTlsServer({ ...settings, handshakeTimeout: limits.headers, ...tlsServerOptions(tls) }, answer);
  server.maxConnections = limits.connections;
  server.on('request', (incoming, outgoing) => limitUnreadBody(incoming, outgoing, limits.request));
  server.on('clientError', (error, socket) => answerClientError(error, socket, basePath));
  // Node would answer these in its own way.
  server.on('checkExpectation', ({ socket }) =>
    answerByHand(
      socket,
      new Problem('expectation-failed', "send 'Expect: 100-continue', or no Expect header"),
      basePath,
    ),
  );
  server.on('connect', (_, socket) =>
    answerByHand(
      socket,
      new Problem('method-not-allowed', 'this server is not a proxy: CONNECT is not supported'),
      basePath,
    ),
  );
  return server;
}

/** Listens on one address. @throws ListenError */
export async function openListener(options: ListenOptions, context: ListenerContext): Promise<Listener> {
  const { address: text, mode } = options;
  const { limits, basePath } = context;
  let { tls } = options;
  const asked = await parseListen(text);
  const refused = context.anonymous === 'read' && context.only;
  if (refused && asked.kind === 'tcp' && !isLocal(asked)) throw openToOthers(text);
  if (tls !== undefined) checkTls(tls, text);
  // Allows nothing until it is known what kind of socket this is.
  let listenerRules: ListenerRules = { hosts: { names: [] }, bodyTime: limits.request, identify: () => undefined };
  const answer = getRequestListener(
    (request, env) => context.fetch(request, Object.assign(env, { listenerRules }) as Env['Bindings']),
    {
      hostname: 'localhost',
      // `limitUnreadBody` does this.
      autoCleanupIncoming: false,
      errorHandler: () =>
        problemResponse(
          new Problem('request-malformed', 'the URL or the Host header is not valid'),
          undefined,
          basePath,
        ),
    },
  );
  const server = newServer(tls, context, answer);
  let connections = 0;
  server.on('connection', socket => {
    connections++;
    socket.once('close', () => connections--);
  });
  await listenOn(server, asked, text, mode);
  const address = boundAddress(server, asked);
  if (refused && !isLocal(address)) {
    server.close();
    throw openToOthers(text);
  }
  listenerRules = rulesOf(address, options, context);
  const check = (fresh: TlsOptions): void => {
    if (tls === undefined) throw new ListenError('LISTEN_TLS', `${text} does not support TLS`, text);
    checkTls(fresh, text);
  };
  const clear = address.kind === 'tcp' && tls === undefined && !isLocal(address);
  return {
    urls: urlsOf(address, tls === undefined ? 'http' : 'https'),
    warnings: clear
      ? [
          `${text} is reachable from other hosts in clear text: others can read tokens and flows. Configure a certificate (--tls-cert, --tls-key), or use a proxy with TLS in front of 127.0.0.1`,
        ]
      : [],
    get connections() {
      return connections;
    },
    get certificateExpiry() {
      return tls && Date.parse(new X509Certificate(tls.cert).validTo);
    },
    check,
    renew(fresh) {
      check(fresh);
      if (!('setSecureContext' in server)) return;
      server.setSecureContext(secureContext(fresh));
      tls = fresh;
      listenerRules = rulesOf(address, { ...options, tls: fresh }, context);
    },
    stop: grace => stop(server, grace),
  };
}
