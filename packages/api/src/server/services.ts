import { type Authenticate, authenticator } from '../auth/authenticate.js';
import { ChunkPool } from '../http/answer/chunk-pool.js';
import type { StaticText } from '../http/answer/static-text.js';
import type { HostPolicy } from '../http/guard/listener-rules.js';
import { IdempotencyStore } from '../http/idempotency.js';
import { ConcurrencyLimiter } from '../limits/concurrency.js';
import { DEFAULT_LIMITS, type Limits } from '../limits/limits.js';
import { RateLimiter } from '../limits/rate.js';
import { Refusals } from '../limits/refusals.js';
import { Metrics } from '../observe/metrics.js';
import { type ServerInfo, serverHeader, serverInfo } from '../observe/server-info.js';
import { ServerLog } from '../observe/server-log.js';
import { findOpenTelemetry, type Tracing, tracingOf } from '../observe/tracing.js';
import type { Exchange } from '../operations/operation.js';
import { ChangeRuns } from '../plans/change-runs.js';
import { PlanStore } from '../plans/plan-store.js';
import type { AppOptions } from './app-options.js';
import type { ServedHistory } from './served-history.js';
import { ServedTables } from './served-tables.js';

/** What all routes of an application share. */
export interface Services {
  readonly tables: ServedTables;
  /** Concurrent reads of tables, for each caller and in all. */
  readonly dumps: ConcurrencyLimiter;
  readonly limits: Limits;
  readonly hosts: HostPolicy | undefined;
  readonly origins: ReadonlySet<string>;
  /** The path before all paths that clients see. */
  readonly basePath: string;
  readonly log: ServerLog;
  readonly authenticate: Authenticate;
  readonly openapi: () => StaticText;
  readonly plans: PlanStore;
  readonly changes: ChangeRuns;
  readonly idempotency: IdempotencyStore;
  readonly chunks: ChunkPool;
  readonly subscribers: ConcurrencyLimiter;
  readonly rate: RateLimiter;
  readonly refusals: Refusals;
  readonly metrics: Metrics;
  readonly tracing: Tracing | undefined;
  readonly closing: AbortSignal | undefined;
  readonly server: ServerInfo;
  /** The value of the header `X-Conntrack-Server`. */
  readonly header: string;
  readonly namespaces: Exchange['namespaces'];
  readonly history: ServedHistory | undefined;
  /** Whether browsers get the web console. */
  readonly hasConsole: boolean;
  /** Whether the server offers no changes. */
  readonly readOnly: boolean;
  /** Whether each response is logged. */
  readonly accessLog: boolean;
  /** Whether a change is refused if its audit lines cannot be written. */
  readonly auditRequired: boolean;
}

/** The hosts of an application without configured ones. */
const LOOPBACK_ONLY: HostPolicy = { names: [] };

/** Makes the services. `basePath` has been checked. */
export function servicesOf(options: AppOptions, basePath: string, openapi: () => StaticText): Services {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const dumps = new ConcurrencyLimiter({
    all: limits.dumps,
    each: limits.dumpsPerPrincipal,
    wait: limits.dumpWait,
    code: 'too-many-dumps',
    what: 'dumps of tables',
  });
  const tables = new ServedTables(options.table, {
    netns: options.netns,
    basePath,
    dumps,
    eventLimits: options.eventLimits ?? {},
    report: error => log.trouble(error),
  });
  const refusals = new Refusals(limits, summary => log.refusals(summary));
  const close = (): void => {
    tables.close();
    refusals.close();
  };
  options.closing?.addEventListener('abort', close, { once: true });
  const plans = new PlanStore(limits);
  const server = serverInfo(options.node);
  const metrics = new Metrics({
    tables,
    plans,
    dumps,
    listening: options.listening,
    reloads: options.reloads,
    history: options.history,
    version: server.version,
  });
  const log = new ServerLog(options.log ?? (() => {}), metrics);
  const otel = options.openTelemetry === false ? undefined : (options.openTelemetry ?? findOpenTelemetry());
  return {
    tables,
    dumps,
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
    history: options.history,
    hasConsole: options.console ?? true,
    readOnly: options.readOnly ?? false,
    accessLog: options.accessLog ?? false,
    auditRequired: options.auditRequired ?? false,
    subscribers: new ConcurrencyLimiter({
      all: limits.subscribers,
      each: limits.subscribersPerPrincipal,
      code: 'too-many-subscribers',
      what: 'streams of events',
    }),
    rate: new RateLimiter(limits),
    refusals,
    hosts: options.hosts === false ? undefined : (options.hosts ?? LOOPBACK_ONLY),
    basePath,
    origins: new Set(options.origins),
    log,
    authenticate: authenticator(options.auth),
    openapi,
  };
}
