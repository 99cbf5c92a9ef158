import type { LocalTable } from '@conntrack/table';
import { Hono } from 'hono';
import { type AuthOptions, authenticator } from '../auth/authenticate.js';
import type { EventLimits } from '../events/event-limits.js';
import { checkBasePath, withoutBase } from '../http/base-path.js';
import { ChunkPool } from '../http/chunk-pool.js';
import { STALL } from '../http/chunked-writer.js';
import { type Ctx, type Env, empty } from '../http/context.js';
import type { HostPolicy } from '../http/guard.js';
import { IdempotencyStore } from '../http/idempotency.js';
import { problemOf } from '../http/problem-of.js';
import { Problem, problemResponse } from '../http/problems.js';
import { type StaticText, staticText } from '../http/static-text.js';
import { Gate } from '../limits/concurrency.js';
import { RateLimiter } from '../limits/rate.js';
import { Refusals } from '../limits/refusals.js';
import { type ListeningStats, Metrics, type ReloadCounts } from '../observe/metrics.js';
import { serverHeader, serverInfo } from '../observe/server-info.js';
import { Journal } from '../observe/server-log.js';
import { findOpenTelemetry, type OpenTelemetry, tracingOf } from '../observe/tracing.js';
import { openapiDocument } from '../openapi/document.js';
import { namespaced } from '../operations/namespaced.js';
import type { Limits, Operation } from '../operations/operation.js';
import { OPERATIONS } from '../operations/operations.js';
import { ChangeRuns } from '../plans/change-runs.js';
import { PlanStore } from '../plans/plan-store.js';
import { checkAppOptions } from './option-keys.js';
import { guarded, route, type Services } from './route.js';
import { Realms, type TableOfNetns } from './served-tables.js';

/** What the application answers from, and to whom. */
export interface AppOptions {
  table: LocalTable;
  /** Tables of other network namespaces, served below `/netns/{name}`; those routes do not exist when it is absent. */
  netns?: TableOfNetns;
  auth: AuthOptions;
  /** Names and addresses that `Host` may have. Absent where no browser can come: over a unix socket. Loopback's own are always there. */
  hosts?: HostPolicy;
  /** Origins (`https://noc.example`) whose web pages may use the API, besides its own. None by default. */
  origins?: readonly string[];
  /** Changes do not exist. */
  readOnly?: boolean;
  /** What stands in front of every path that clients see (`/ct`): of links, problem types, the OpenAPI document. Requests are answered with and without it. */
  basePath?: string;
  /** Takes the audit and error lines: plain objects, fit for NDJSON. When it throws, the line counts as lost: `/readyz` and a metric tell. */
  log?: (line: object) => void;
  /** A change whose audit lines cannot be written is not made (default: it is made, and the failure is told). */
  auditRequired?: boolean;
  /** Each answer leaves a line for `log` (default: false). */
  accessLog?: boolean;
  /** What this server calls itself in `/version` and in a header of each answer (default: the host's name). */
  node?: string;
  /** Names of the namespaces that `netns` finds and that are there now, for `GET /netns`. */
  netnsNames?: () => readonly string[] | Promise<readonly string[]>;
  /** Connections that are open, and when certificates expire, for the metrics. */
  listening?: ListeningStats;
  /** How often files were read again, for the metrics. */
  reloads?: ReloadCounts;
  limits?: Partial<Limits>;
  /** Bounds of the event streams. */
  eventLimits?: Partial<EventLimits>;
  /** When it is aborted, event streams say goodbye and end, and the table is listened to no more. */
  closing?: AbortSignal;
  /** Changes under way, for a server that waits for them before it ends. */
  changes?: ChangeRuns;
  /** `@opentelemetry/api` for spans; looked for unless given, and done without when it is false or not there. */
  openTelemetry?: OpenTelemetry | false;
}

/** What a server bears unless told. */
const DEFAULT_LIMITS: Limits = {
  // The references of a dump, held.
  maxAffected: 1_000_000,
  // A million flows as NDJSON, with room to spare: it is never held.
  restoreBytes: 1024 ** 3,
  restoreTime: 3_600_000,
  restoreRate: 16 * 1024,
  stall: STALL,
  plansPerPrincipal: 16,
  dumps: 16,
  dumpsPerPrincipal: 8,
  dumpWait: 2_000,
  subscribers: 2000,
  subscribersPerPrincipal: 1000,
  // Ten thousand a second: what costs is bounded by dumps, this stops a caller that runs wild.
  requests: 600_000,
  window: 60_000,
  refusals: 100,
  refusalLines: 10,
};

/** Every operation that there could be, and those that these tables have. */
function operationsOf({ table, netns, readOnly }: AppOptions): { all: readonly Operation[]; operations: Operation[] } {
  const all = netns === undefined ? OPERATIONS : [...OPERATIONS, ...namespaced(OPERATIONS)];
  const writable = (operation: Operation): boolean => !readOnly && (operation.netns || table.source.writable);
  return { all, operations: all.filter(operation => !operation.mutation || writable(operation)) };
}

/** What a browser asks before a page of another origin may send a request that no form could. */
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
 * The HTTP application over a table. It is a plain Hono application: mount it, call `app.request()`, or let `serve` listen.
 *
 * @example
 * ```ts
 * import { createApp } from '@conntrack/api';
 * import { ConntrackTable, MemorySource } from '@conntrack/table';
 *
 * const app = createApp({ table: new ConntrackTable(new MemorySource()), auth: { tokens: [], fallback: { name: 'me', scopes: ['flows:read'] } } });
 * await app.request('/conntrack?proto=tcp');
 * ```
 */
export function createApp(options: AppOptions): Hono<Env> {
  checkAppOptions(options);
  const { table } = options;
  const basePath = checkBasePath(options.basePath);
  const { all, operations } = operationsOf(options);
  let document: StaticText | undefined;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const dumps = new Gate({
    all: limits.dumps,
    each: limits.dumpsPerPrincipal,
    wait: limits.dumpWait,
    code: 'too-many-dumps',
    what: 'dumps of tables',
  });
  const realms = new Realms(table, {
    netns: options.netns,
    basePath,
    dumps,
    eventLimits: options.eventLimits ?? {},
    report: error => journal.trouble(error),
  });
  const refusals = new Refusals(limits, summary => journal.refusals(summary));
  const close = (): void => {
    realms.close();
    refusals.close();
  };
  options.closing?.addEventListener('abort', close, { once: true });
  const plans = new PlanStore(limits);
  const server = serverInfo(options.node);
  const metrics = new Metrics({
    realms,
    plans,
    dumps,
    listening: options.listening,
    reloads: options.reloads,
    version: server.version,
  });
  const journal = new Journal(options.log ?? (() => {}), metrics);
  const otel = options.openTelemetry === false ? undefined : (options.openTelemetry ?? findOpenTelemetry());
  const services: Services = {
    realms,
    limits,
    plans,
    changes: options.changes ?? new ChangeRuns(),
    idempotency: new IdempotencyStore(),
    chunks: new ChunkPool(),
    metrics,
    tracing: otel && tracingOf(otel),
    closing: options.closing,
    server,
    header: serverHeader(server),
    namespaces: options.netnsNames ?? (() => []),
    accessLog: options.accessLog ?? false,
    auditRequired: options.auditRequired ?? false,
    subscribers: new Gate({
      all: limits.subscribers,
      each: limits.subscribersPerPrincipal,
      code: 'too-many-subscribers',
      what: 'streams of events',
    }),
    rate: new RateLimiter(limits),
    refusals,
    hosts: options.hosts,
    basePath,
    origins: new Set(options.origins),
    journal,
    authenticate: authenticator(options.auth),
    openapi: () =>
      (document ??= staticText(`${JSON.stringify(openapiDocument(operations, basePath))}\n`, 'application/json')),
  };
  const app = new Hono<Env>();
  const bases = basePath === '' ? [''] : ['', basePath];
  /** Where a router looks for a path: with and without the base path, whose own page is also there without the last slash. */
  const places = (path: string): string[] =>
    bases.flatMap(base => (base !== '' && path === '/' ? [base, `${base}/`] : [`${base}${routePath(path)}`]));

  /** What a path takes, for all other methods on it. */
  const otherwise = (path: string): ((c: Ctx) => Response) => {
    const methods = operations.filter(operation => operation.path === path).map(methodOf);
    const allow = methods.flatMap(method => (method === 'GET' ? ['GET', 'HEAD'] : [method])).join(', ');
    const missing = all.filter(operation => operation.path === path && !operations.includes(operation)).map(methodOf);
    return c => {
      const { method } = c.req;
      if (method === 'OPTIONS')
        return empty(204, { allow: `${allow}, OPTIONS`, ...(c.get('origin') && preflight(allow)) });
      throw missing.includes(method)
        ? new Problem('read-only', `${options.readOnly ? 'this server' : table.source.name} only reads`, {}, { allow })
        : new Problem(
            'method-not-allowed',
            `${method} does not go here; it takes ${allow || 'nothing'}`,
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
    // A fixed path is no key: its other methods are answered before the path with a key in the same place sees them.
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
        `there is no route '${c.req.path.slice(0, 200)}'; see ${basePath}/openapi.json`,
      );
    }),
  );
  app.onError(error => problemResponse(problemOf(error), undefined, basePath));
  return app;
}
