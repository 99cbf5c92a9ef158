import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import { getRequestListener } from '@hono/node-server';
import type { Scope } from '../auth/scopes.js';
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

/** One address to listen on. */
export interface ListenOptions {
  /** `host:port`, `[v6]:port`, `unix:/path`, or `fd:3` for a socket that was handed over. */
  address: string;
  /** Who may open a unix socket: its file's mode (default: 0600). */
  mode?: number;
  /** What may be done without a token by those who may open a unix socket (default: everything). */
  scopes?: readonly Scope[];
  /** Speaks TLS. */
  tls?: TlsOptions;
}

/** Bounds in time and number of the connections of a server. Milliseconds. */
export interface ConnectionLimits {
  /** For the TLS handshake, and for a request's headers, to arrive (10,000). */
  headers: number;
  /** For a request's body to arrive (30,000). The body of a restore may take longer: see `restoreTime` and `restoreRate` of the limits. */
  request: number;
  /** That a connection without a request is kept (65,000: longer than the usual balancers'). */
  keepAlive: number;
  /** Connections at once to one address; more are closed at once (10,000). */
  connections: number;
}

/** Their defaults. */
export const CONNECTION_LIMITS: ConnectionLimits = {
  headers: 10_000,
  request: BODY_TIME,
  keepAlive: 65_000,
  connections: 10_000,
};

/** Bytes of a request line and headers: room for the longest filter there may be, percent-encoded. */
const MAX_HEADER_SIZE = 32 * 1024;
/** Milliseconds between two looks at who is late. Node's own 30 s would make 40 of the headers' 10. */
const LATENESS = 1_000;

type Fetch = (request: Request, env: Env['Bindings']) => Response | Promise<Response>;

/** What all listeners of a server share. */
export interface ListenerContext {
  fetch: Fetch;
  anonymous: 'none' | 'read';
  /** This is the only address: one that cannot be read without a token is then not what was meant. */
  only: boolean;
  /** More names that `Host` may have. */
  hosts: readonly string[];
  /** In front of all paths that clients see. */
  basePath: string;
  proxies: TrustedProxies | undefined;
  limits: ConnectionLimits;
}

/** One address that is listened on. */
export interface Listener {
  readonly urls: readonly string[];
  /** What an operator should know of it. */
  readonly warnings: readonly string[];
  /** Connections that are open. */
  readonly connections: number;
  /** When its certificate expires, in milliseconds since 1970; `undefined` without TLS. */
  readonly certificateExpiry: number | undefined;
  /** Whether it could take these. @throws ListenError LISTEN_TLS */
  check(tls: TlsOptions): void;
  /** Takes another certificate, key, authority and list of clients. Connections that stand go on. @throws ListenError LISTEN_TLS */
  renew(tls: TlsOptions): void;
  /** Takes no more connections, lets requests end within the grace (milliseconds), then cuts them. */
  stop(grace: number): Promise<void>;
}

const openToOthers = (listen: string): ListenError =>
  new ListenError(
    'LISTEN_ANONYMOUS',
    `${listen} is reachable from other hosts, but reading without a token is allowed on loopback and unix sockets only. Remove 'anonymous', or listen on 127.0.0.1`,
    listen,
  );

/** Lets requests end within the grace, then closes their connections, which aborts what they do. */
async function stop(server: Server | TlsServer, grace: number): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeIdleConnections();
  // A connection whose last request has just ended is idle only now.
  const idle = setInterval(() => server.closeIdleConnections(), 50);
  const cut = setTimeout(() => server.closeAllConnections(), grace);
  await closed;
  clearInterval(idle);
  clearTimeout(cut);
}

/** A server with the bounds of its connections, whose every answer is a problem of ours. It listens nowhere yet. */
function newServer(
  tls: TlsOptions | undefined,
  { limits, basePath }: ListenerContext,
  answer: ReturnType<typeof getRequestListener>,
): Server | TlsServer {
  const settings = {
    maxHeaderSize: MAX_HEADER_SIZE,
    headersTimeout: limits.headers,
    // Node cannot except one route: the reader of a body keeps the time, and where nobody reads it `limitUnreadBody` does.
    requestTimeout: 0,
    keepAliveTimeout: limits.keepAlive,
    connectionsCheckingInterval: Math.min(LATENESS, limits.headers),
    // A missing Host is answered by the guard, as a problem; Node's own answer is bare.
    requireHostHeader: false,
  };
  const server: Server | TlsServer =
    tls === undefined
      ? createServer(settings, answer)
      : createTlsServer({ ...settings, handshakeTimeout: limits.headers, ...tlsServerOptions(tls) }, answer);
  server.maxConnections = limits.connections;
  server.on('request', (incoming, outgoing) => limitUnreadBody(incoming, outgoing, limits.request));
  server.on('clientError', (error, socket) => answerClientError(error, socket, basePath));
  // Node would answer these by itself, each in its own way.
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

/** Listens on one address. @throws ListenError with the fix. */
export async function openListener(options: ListenOptions, context: ListenerContext): Promise<Listener> {
  const { address: text, mode } = options;
  const { limits, basePath } = context;
  let { tls } = options;
  const asked = await parseListen(text);
  const refused = context.anonymous === 'read' && context.only;
  if (refused && asked.kind === 'tcp' && !isLocal(asked)) throw openToOthers(text);
  if (tls !== undefined) checkTls(tls, text);
  // Until it is known what the socket is, nobody may do anything.
  let listenerRules: ListenerRules = { hosts: { names: [] }, bodyTime: limits.request, identify: () => undefined };
  const answer = getRequestListener(
    (request, env) => context.fetch(request, Object.assign(env, { listenerRules }) as Env['Bindings']),
    {
      hostname: 'localhost',
      // `limitUnreadBody` does.
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
