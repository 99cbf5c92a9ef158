import type { FilterIssue } from '@conntrack/filter';
import type { Completions } from '@conntrack/filter/complete';
import type { Explanation } from '@conntrack/filter/explain';
import type { Flow } from '@conntrack/flow';
import type {
  BulkResult,
  FleetMeta,
  IndexMeta,
  KeyedExpectation,
  ListedChange,
  ListedOutcome,
  PlanResult,
  PlanSummary,
  Ranking,
  RestoreReport,
  SourceInfo,
  TableCapabilities,
  TableFlushScope,
  Top,
  TopItem,
} from '@conntrack/flow/table';
import type { Fault, ProblemCode } from './problems.js';
import type { ReadPlan } from './read-plan.js';

/** A page of a list. */
export interface FlowPage {
  items: Flow[];
  /**
   * The cursor of the next page. null on the last page, and always null if the list is sorted by a field that changes
   * all the time (bytes, packets, timeout, use).
   */
  next: string | null;
  meta: {
    /** Number of entries that were compared with the filter. */
    scanned: number;
    /** Number of entries that match, on all pages together. */
    matched: number;
    /** Number of entries that match and come after this page. */
    more: number;
    /** The filter in canonical form. */
    filter: string;
    /** The state of the server's index, if it has one. If it is not `live`, or with `fresh`, the kernel answered. */
    index?: IndexMeta;
    /** Which nodes answered, if the server serves a fleet. */
    fleet?: FleetMeta;
    /** A watch with the same filter that starts here misses nothing. Request it with `position: true`. */
    position?: string;
    warnings?: FilterIssue[];
  };
}

/** What answers about a span of time leave open. */
export interface PastGaps {
  from: string;
  to: string;
  /** Times in which flows may be missing from the answer. */
  gaps: {
    from: string;
    to: string;
    /** `kernel`, `stopped`, `killed`, `disk`, `overload` or `clock`. */
    cause: string;
    /** What happened, in words. */
    reason: string;
    /** What may be missing. Absent: all rows. */
    of?: 'ends' | 'starts';
    /** Number of missing rows, if it is known. */
    rows?: number;
  }[];
  /** Damaged files, which answers do not contain. */
  skipped: { file: string; reason: string }[];
}

/** The counts at the end of a streamed list. */
export interface ListEnd {
  matched: number;
  scanned?: number;
  position?: string;
  /** Which nodes answered, if the server serves a fleet. */
  fleet?: FleetMeta;
}

/** A number of flows. */
export interface Count {
  count: number;
  filter: string;
  index?: IndexMeta;
  /** Which nodes answered, if the server serves a fleet. */
  fleet?: FleetMeta;
  warnings?: FilterIssue[];
}

/** A reference to a plan. */
export interface PlanHandle {
  id: string;
  /** A refused plan cannot be executed. */
  state: 'ready' | 'refused';
  /** When the plan expires, 60 seconds after it was made (RFC 3339). */
  expires: string;
  /** The path that executes the plan with POST. */
  execute: string;
  /** Why the plan cannot be executed. */
  refusal?: { code: ProblemCode; detail: string };
}

/** A plan: what a change would do. */
export type PlanAnswer = PlanHandle &
  Pick<
    PlanSummary,
    'change' | 'count' | 'matched' | 'skipped' | 'skips' | 'breakdown' | 'sample' | 'filters' | 'nodes' | 'fleet'
  >;

/** The state of a plan: before and during its execution, and for ten minutes afterwards. */
export interface PlanRecord extends Pick<PlanSummary, 'change' | 'count' | 'matched' | 'skipped' | 'filters'> {
  id: string;
  /** `stopped`: the server stopped halfway. `failed`: the table failed halfway. */
  state: 'ready' | 'refused' | 'running' | 'done' | 'stopped' | 'failed' | 'expired';
  /** The times of expiry, start and end are RFC 3339. */
  expires: string;
  started?: string;
  ended?: string;
  /** The counts of the execution so far, with `deleted` or `updated`, depending on the change. */
  result?: Pick<PlanResult, 'matched' | 'gone' | 'failed' | 'skipped' | 'notAttempted' | 'failures' | 'warnings'> & {
    deleted?: number;
    updated?: number;
  };
  /** Why the plan was refused, or why its execution stopped or failed. */
  problem?: { code: ProblemCode; detail: string };
}

/** The outcome of a bulk change. */
export type BulkAnswer = Omit<BulkResult, 'changed'> &
  Partial<Pick<PlanResult, 'notAttempted'>> & {
    /** The plan, which can be executed within 60 seconds. Present for a dry run. */
    plan?: PlanHandle;
  };
/** The outcome of a bulk delete. */
export type Deleted = BulkAnswer & { deleted: number };
/** The outcome of a bulk update. */
export type Updated = BulkAnswer & { updated: number };

/** The outcomes of a list of changes. */
export interface Changed {
  dryRun: boolean;
  /** Number of changes with each outcome. */
  counts: Record<ListedOutcome['outcome'], number>;
  /** The outcome of each change, in the order of the list. `code` and `detail` say why a change was not made. */
  results: (Omit<ListedOutcome, 'error'> & Pick<ListedChange, 'op'> & { code?: ProblemCode; detail?: string })[];
}

/** The outcome of a restore. */
export type Restored = Omit<RestoreReport, 'refusals'> & {
  dryRun: boolean;
  refusals: (Omit<RestoreReport['refusals'][number], 'code'> & { code: ProblemCode })[];
  /** The first 20 invalid lines, which were skipped. */
  faults?: { line: number; message: string }[];
};

/** The outcome of a flush. */
export interface Flushed {
  flushed: TableFlushScope;
  /** Number of flows before the flush. Present with `expect`, and if the server has a `protect` filter. */
  matched?: number;
  /** Counts of deleted, ended, failed and skipped flows. Present if the server has a `protect` filter. */
  deleted?: number;
  gone?: number;
  failed?: number;
  skipped?: number;
}

/** What a table records and supports. */
export type ServerCapabilities = TableCapabilities & {
  source: SourceInfo;
};

/** The largest groups, largest first. */
export interface TopGroups {
  items: TopItem[];
  meta: Omit<Top, 'items'> & { filter: string; index?: IndexMeta; fleet?: FleetMeta; warnings?: FilterIssue[] };
}

/** Flows, rankings and counts from one scan. */
export interface FlowOverview {
  /** The first flows, in order. */
  items: Flow[];
  /** The rankings, in the order of the request. */
  groups: Ranking[];
  /** Number of flows that match each of the named filters, and the filter of the overview. */
  counts: Record<string, number>;
  meta: Pick<FlowPage['meta'], 'scanned' | 'matched' | 'filter' | 'index' | 'fleet' | 'warnings'> & {
    /** Number of flows that match and come after `items`. */
    more: number;
    /** The server's clock after the scan (RFC 3339). */
    time: string;
  };
}

/** Who the server takes the caller for, and what the caller may do. */
export interface Caller {
  /** The name of the token, or `anonymous`, `unix-socket`, or the holder of a client certificate. */
  name: string;
  /** What the caller may do on this server: `flows:read`, `flows:delete` … */
  scopes: string[];
  /** The filter that limits the caller. */
  filter?: string;
  /** The network namespaces that the caller may use; `.` is the server's own. Absent: all. */
  netns?: string[];
}

/** A server's identity. */
export interface ServerVersion {
  /** The host's name, or the configured name of the server. */
  node: string;
  version: string;
  apiVersion: string;
  bootId?: string;
  instanceId: string;
  /** The time of the server's start (RFC 3339). */
  started: string;
}

/** A network namespace that the server serves; `.` is its own. */
export interface ServedNamespace {
  name: string;
  path: string;
}

/** The connections that helpers expect. */
export interface ExpectationList {
  items: KeyedExpectation[];
  /** Always null: there is one page. */
  next: null;
  meta: { scanned: number; matched: number };
}

/** The outcome of a flush of expectations. */
export interface ExpectationsFlushed {
  flushed: { all: true } | { helper: string };
}

/** The result of checking a filter. */
export type FilterCheck =
  | { valid: true; query: string; expression: string; fields: string[]; warnings?: FilterIssue[] }
  | { valid: false; errors: Fault[] };

/** A filter in words, and how the table would be read for it. */
export type FilterExplanation = Explanation & {
  plan: ReadPlan;
  warnings?: FilterIssue[];
};

/** Completions at a position of a filter. */
export type FilterCompletions = Completions;

/** A field of the filter language. */
export interface FilterField {
  name: string;
  type: string;
  operators: string[];
  summary: string;
  [member: string]: unknown;
}
