import type { LocalTable } from '@conntrack/table';
import type { AuthOptions } from '../auth/authenticate.js';
import type { EventLimits } from '../events/event-limits.js';
import type { HostPolicy } from '../http/guard/listener-rules.js';
import type { Limits } from '../limits/limits.js';
import type { ListeningStats, ReloadCounts } from '../observe/metrics.js';
import type { OpenTelemetry } from '../observe/tracing.js';
import type { ChangeRuns } from '../plans/change-runs.js';
import type { ServedHistory } from './served-history.js';
import type { TableOfNetns } from './served-tables.js';

/** Options that `createApp` and `serve` have in common. */
export interface SharedOptions {
  /** The table to serve. It stays open when the server closes. */
  table: LocalTable;
  /**
   * Finds the tables of other network namespaces, which are served below `/netns/{name}`. Without it these routes do
   * not exist.
   */
  netns?: TableOfNetns;
  /**
   * Origins (`https://noc.example`) whose web pages may use the API, in addition to the server's own. Default: none.
   */
  origins?: readonly string[];
  /**
   * The recorded past of the table, for `/history`. Without it, these operations answer that nothing is recorded. It stays
   * open when the server closes.
   */
  history?: ServedHistory;
  /** Removes all operations that change the table. Default: false. */
  readOnly?: boolean;
  /** Whether browsers get the web console at `/`. Default: true. */
  console?: boolean;
  /**
   * The path before every path that clients see (`/ct`): in links, problem types and the OpenAPI document. Requests are
   * accepted with and without it. Default: none.
   */
  basePath?: string;
  /**
   * Receives audit and error lines: plain objects that fit into NDJSON. If it throws, the line counts as lost, which
   * `/readyz` and a metric report. Default: lines are discarded.
   */
  log?: (line: object) => void;
  /**
   * Refuses a change whose audit lines cannot be written. Default: false, the change is made and the failure is
   * reported.
   */
  auditRequired?: boolean;
  /** Writes a line to `log` for each response. Default: false. */
  accessLog?: boolean;
  /** The server's name in `/version` and in a header of each response. Default: the host's name. */
  node?: string;
  /** The names of the existing namespaces that `netns` finds, for `GET /netns`. */
  netnsNames?: () => readonly string[] | Promise<readonly string[]>;
  /** How often files were reloaded, for the metrics. */
  reloads?: ReloadCounts;
  /** Limits of the server. Each has a default. */
  limits?: Partial<Limits>;
  /** Limits of the event streams, and when the server listens. */
  eventLimits?: Partial<EventLimits>;
}

/** Options of `createApp`. */
export interface AppOptions extends SharedOptions {
  /** How the application finds out who sends a request. */
  auth: AuthOptions;
  /**
   * Names and addresses that `Host` may have, in addition to loopback, against DNS rebinding. Default: loopback only.
   * `false`: the header is not checked. Use it where no browser can connect, such as a unix socket, or where the
   * application around this one checks the header.
   */
  hosts?: HostPolicy | false;
  /** Open connections and the expiry of certificates, for the metrics. */
  listening?: ListeningStats;
  /** When aborted, event streams send `bye` and end, and the server stops listening to the table. */
  closing?: AbortSignal;
  /** Running changes, for a server that waits for them before it ends. */
  changes?: ChangeRuns;
  /** The module `@opentelemetry/api`, for spans. Default: loaded if it is installed. `false`: no spans. */
  openTelemetry?: OpenTelemetry | false;
}
