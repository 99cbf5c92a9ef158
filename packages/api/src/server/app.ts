import { Hono } from 'hono';
import { SmartRouter } from 'hono/router/smart-router';
import { TrieRouter } from 'hono/router/trie-router';
import { type StaticText, staticText } from '../http/answer/static-text.js';
import { type Ctx, type Env, empty } from '../http/context.js';
import { checkBasePath, withoutBase } from '../http/guard/base-path.js';
import { problemOf } from '../http/problem/problem-of.js';
import { Problem, problemResponse } from '../http/problem/problems.js';
import { openapiDocument } from '../openapi/document.js';
import { consoleFile } from '../operations/console.js';
import { namespaced } from '../operations/namespaced.js';
import type { Operation } from '../operations/operation.js';
import { OPERATIONS } from '../operations/operations.js';
import type { AppOptions } from './app-options.js';
import { ExactRouter } from './exact-router.js';
import { guarded } from './guarded.js';
import { checkAppOptions } from './option-keys.js';
import { route } from './route.js';
import { type Services, servicesOf } from './services.js';

/** All possible operations, and the operations that these tables support. */
function operationsOf(
  { table, netns }: AppOptions,
  { hasConsole, readOnly }: Services,
): { all: readonly Operation[]; operations: Operation[] } {
  const own = hasConsole ? OPERATIONS : OPERATIONS.filter(operation => operation !== consoleFile);
  const all = netns === undefined ? own : [...own, ...namespaced(own)];
  const writable = (operation: Operation): boolean => !readOnly && (operation.netns || table.source.writable);
  return { all, operations: all.filter(operation => !operation.mutation || writable(operation)) };
}

/**
 * CORS headers for preflight requests: browsers send one before a page of another origin may use other methods or
 * headers.
 */
const preflight = (methods: string): Record<string, string> => ({
  'access-control-allow-methods': methods,
  'access-control-allow-headers':
    'Authorization, Content-Type, Idempotency-Key, If-None-Match, Last-Event-ID, X-Request-Id',
  'access-control-max-age': '600',
});

const routePath = (path: string): string => path.replaceAll(/\{(\w+)\}/g, ':$1');
const pattern = (path: string): RegExp =>
  new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`);
const methodOf = ({ method }: Operation): string => method.toUpperCase();

/**
 * Makes the HTTP application for a table. It is a Hono application: mount it, call `app.request()`, or use `serve`
 * instead, which also listens.
 *
 * @throws OptionsError for an unknown option
 * @throws TypeError for an invalid base path or token
 * @example
 * ```ts
 * import { createApp } from '@conntrack/api';
 * import { ConntrackTable, MemorySource } from '@conntrack/table';
 *
 * const table = new ConntrackTable(new MemorySource());
 * const app = createApp({ table, auth: { tokens: [], fallback: { name: 'me', scopes: ['flows:read'] } } });
 * const response = await app.request('/conntrack?proto=tcp');
 * ```
 */
export function createApp(options: AppOptions): Hono<Env> {
  checkAppOptions(options);
  const { table } = options;
  const basePath = checkBasePath(options.basePath);
  let document: StaticText | undefined;
  const openapi = (): StaticText =>
    (document ??= staticText(`${JSON.stringify(openapiDocument(operations, basePath))}\n`, 'application/json'));
  const services = servicesOf(options, basePath, openapi);
  const { all, operations } = operationsOf(options, services);
  const app = new Hono<Env>({ router: new SmartRouter({ routers: [new ExactRouter(), new TrieRouter()] }) });
  const bases = basePath === '' ? [''] : ['', basePath];
  /**
   * The router paths for a path, with and without the base path. The page at the base path works with and without the
   * final slash.
   */
  const places = (path: string): string[] =>
    bases.flatMap(base => (base !== '' && path === '/' ? [base, `${base}/`] : [`${base}${routePath(path)}`]));

  /** Answers requests with methods that a path does not support. */
  const otherwise = (path: string): ((c: Ctx) => Response) => {
    const methods = operations.filter(operation => operation.path === path).map(methodOf);
    const allow = methods.flatMap(method => (method === 'GET' ? ['GET', 'HEAD'] : [method])).join(', ');
    const missing = all.filter(operation => operation.path === path && !operations.includes(operation)).map(methodOf);
    return c => {
      const { method } = c.req;
      if (method === 'OPTIONS')
        return empty(204, { allow: `${allow}, OPTIONS`, ...(c.get('origin') && preflight(allow)) });
      throw missing.includes(method)
        ? new Problem('read-only', `${services.readOnly ? 'this server' : table.source.name} only reads`, {}, { allow })
        : new Problem(
            'method-not-allowed',
            `Method ${method} is not allowed; allowed: ${allow || 'nothing'}`,
            {},
            { allow },
          );
    };
  };

  const paths = [...new Set(all.map(({ path }) => path))].map(path => ({
    path,
    matches: pattern(path),
    answer: otherwise(path),
  }));
  for (const { path, answer } of paths) {
    const own = operations.filter(operation => operation.path === path);
    for (const operation of own) app.on(methodOf(operation), places(path), route(services, operation));
    // A fixed path is not a key. Its unsupported methods are answered here, before the path with a key in the same
    // place matches.
    const others = operations
      .filter(operation => operation.path !== path && pattern(operation.path).test(path))
      .map(methodOf);
    const free = others.filter(method => !own.map(methodOf).includes(method));
    if (free.length > 0) app.on(free, places(path), guarded(services, answer));
  }
  app.notFound(
    guarded(services, c => {
      const asked = withoutBase(c.req.path, basePath);
      const path = paths.find(({ matches }) => matches.test(asked));
      if (path !== undefined) return path.answer(c);
      throw new Problem(
        'route-not-found',
        `route '${c.req.path.slice(0, 200)}' not found; see ${basePath}/openapi.json`,
      );
    }),
  );
  app.onError(error => problemResponse(problemOf(error), undefined, basePath));
  return app;
}
