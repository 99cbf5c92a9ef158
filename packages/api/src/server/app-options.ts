import type { LocalTable } from '@conntrack/table';
import type { AuthOptions } from '../auth/authenticate.js';
import type { EventLimits } from '../events/event-limits.js';
import type { HostPolicy } from '../http/guard/listener-rules.js';
import type { Limits } from '../limits/limits.js';
import type { ListeningStats, ReloadCounts } from '../observe/metrics.js';
import type { OpenTelemetry } from '../observe/tracing.js';
import type { ChangeRuns } from '../plans/change-runs.js';
import type { TableOfNetns } from './served-tables.js';

/** What the application and the server around it are both given. */
export interface SharedOptions {
  /** The table that is served. It stays open when the server closes. */
  table: LocalTable;
  /** Tables of other network namespaces, served below `/netns/{name}`; those routes do not exist when it is absent. */
  netns?: TableOfNetns;
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
  /** How often files were read again, for the metrics. */
  reloads?: ReloadCounts;
  limits?: Partial<Limits>;
  /** Bounds of the event streams. */
  eventLimits?: Partial<EventLimits>;
}

/** What the application answers from, and to whom. */
export interface AppOptions extends SharedOptions {
  auth: AuthOptions;
  /** Names and addresses that `Host` may have. Absent where no browser can come: over a unix socket. Loopback's own are always there. */
  hosts?: HostPolicy;
  /** Connections that are open, and when certificates expire, for the metrics. */
  listening?: ListeningStats;
  /** When it is aborted, event streams say goodbye and end, and the table is listened to no more. */
  closing?: AbortSignal;
  /** Changes under way, for a server that waits for them before it ends. */
  changes?: ChangeRuns;
  /** `@opentelemetry/api` for spans; looked for unless given, and done without when it is false or not there. */
  openTelemetry?: OpenTelemetry | false;
}
