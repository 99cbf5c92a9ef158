import { jwtVerifier } from '../auth/jwt.js';
import { SCOPES } from '../auth/scopes.js';
import { hashToken, makeToken } from '../auth/secret.js';
import { checkSecret, tokenFinder } from '../auth/tokens.js';
import { checkBasePath } from '../http/guard/base-path.js';
import { trustedProxies } from '../http/guard/remote-address.js';
import { packageVersion } from '../observe/version.js';
import { ChangeRuns } from '../plans/change-runs.js';
import { createApp } from './app.js';
import { DEFAULT_LISTEN } from './listen-address.js';
import { CONNECTION_LIMITS, type Listener, type ListenOptions, openListener } from './listener.js';
import { roomFor } from './open-files.js';
import { checkServeOptions } from './option-keys.js';
import type { RunningServer, ServeOptions } from './serve-options.js';

/** Default grace period in milliseconds. */
const GRACE = 5_000;

const listOf = (listen: NonNullable<ServeOptions['listen']>): ListenOptions[] =>
  [listen].flat().map(each => (typeof each === 'string' ? { address: each } : each) as ListenOptions);

/**
 * Serves a table over HTTP.
 *
 * @throws ListenError when it cannot listen
 * @throws OptionsError for an unknown option
 * @throws TypeError for a short admin token, or an invalid trusted proxy or base path
 * @example
 * ```ts
 * import { serve } from '@conntrack/api';
 * import { openTable } from '@conntrack/table';
 *
 * const server = await serve({ table: await openTable('kernel'), anonymous: 'read' });
 * console.log(server.url, server.adminToken);
 * await server.close();
 * ```
 */
export async function serve(options: ServeOptions): Promise<RunningServer> {
  checkServeOptions(options);
  const { signal, tokens, jwt: issuer, connections, trustedProxies: proxies, ...more } = options;
  const { listen: asked, anonymous = 'none', hosts = [], grace = GRACE, adminToken: secret, ...shared } = more;
  const basePath = checkBasePath(options.basePath);
  signal?.throwIfAborted();
  const listen = listOf(asked ?? DEFAULT_LISTEN);
  const configured = tokens !== undefined || issuer !== undefined || listen.some(({ tls }) => tls?.clients?.length);
  const adminToken = secret ?? (configured ? undefined : makeToken());
  if (adminToken !== undefined) checkSecret(adminToken);
  const admin = adminToken === undefined ? [] : [{ name: 'admin', sha256: hashToken(adminToken), scopes: SCOPES }];
  let find = tokenFinder([...admin, ...(tokens ?? [])]);
  const jwt = issuer && (await jwtVerifier(issuer));
  const closing = new AbortController();
  const changes = new ChangeRuns();
  const app = createApp({
    ...shared,
    basePath,
    closing: closing.signal,
    changes,
    // Each listener has its own rules, and no browser can send what arrives by other means.
    hosts: false,
    auth: { tokens: (token, connection) => find(token, connection), ...(jwt && { jwt }) },
    listening: {
      connections: () => listeners.reduce((sum, each) => sum + each.connections, 0),
      certificates: () =>
        listeners.flatMap(({ urls: [address = ''], certificateExpiry: expires }) =>
          expires === undefined ? [] : [{ address, expires }],
        ),
    },
  });
  const listeners: Listener[] = [];
  const limits = { ...CONNECTION_LIMITS, ...connections };
  const room = roomFor(limits.connections, listen.length);
  const context = {
    fetch: (request: Request, env: object) => app.fetch(request, env),
    anonymous,
    proxies: proxies && trustedProxies(proxies),
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
    // Event streams would never end by themselves.
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
    version: packageVersion(),
    fetch: async request => app.fetch(request, {}),
    renew(fresh) {
      const other = fresh.tokens && tokenFinder([...admin, ...fresh.tokens]);
      const renewals = (fresh.tls ?? []).flatMap((tls, i) =>
        tls === undefined ? [] : [{ tls, listener: listeners[i]! }],
      );
      // Everything is checked before anything is replaced.
      for (const { tls, listener } of renewals) listener.check(tls);
      if (fresh.jwks !== undefined) jwt?.renew(fresh.jwks);
      for (const { tls, listener } of renewals) listener.renew(tls);
      find = other ?? find;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
