import type { FilterIssue } from '@conntrack/filter';
import type { Completions } from '@conntrack/filter/complete';
import type { Explanation } from '@conntrack/filter/explain';
import type { Flow } from '@conntrack/flow';
import type {
  BulkResult,
  Finding,
  KeyedExpectation,
  ListedChange,
  ListedOutcome,
  PlanResult,
  PlanSummary,
  RestoreReport,
  SourceInfo,
  TableCapabilities,
  TableFlushScope,
  Top,
  TopItem,
} from '@conntrack/flow/table';
import type { Fault, ProblemCode } from './problems.js';
import type { ReadPlan } from './read-plan.js';

/** One page of a list. */
export interface FlowPage {
  items: Flow[];
  /** The `cursor` of the next page; null when this was the last, or when the list is sorted by a field that moves (bytes, packets, timeout, use). */
  next: string | null;
  meta: {
    /** Entries looked at. */
    scanned: number;
    /** Entries that match, all pages' together. */
    matched: number;
    /** Entries that match behind this page. */
    more: number;
    /** The filter in canonical form. */
    filter: string;
    /** Where to watch from with the same filter, so that nothing is missed between list and watch. Ask for it with `position: true`. */
    position?: string;
    warnings?: FilterIssue[];
  };
}

/** What a streamed list ends with. */
export interface ListEnd {
  matched: number;
  scanned?: number;
  position?: string;
}

/** A number of flows. */
export interface Count {
  count: number;
  filter: string;
  warnings?: FilterIssue[];
}

/** What finds a plan again. */
export interface PlanHandle {
  id: string;
  /** A refused plan cannot be executed. */
  state: 'ready' | 'refused';
  /** RFC 3339; a minute from now. */
  expires: string;
  /** The path to POST to. */
  execute: string;
  /** Why it cannot be executed. */
  refusal?: { code: ProblemCode; detail: string };
}

/** A change that was looked at and not made. */
export type PlanAnswer = PlanHandle &
  Pick<PlanSummary, 'change' | 'count' | 'matched' | 'skipped' | 'skips' | 'breakdown' | 'sample' | 'filters'>;

/** What is known of a plan, while it waits, while it runs, and for ten minutes after its end. */
export interface PlanRecord extends Pick<PlanSummary, 'change' | 'count' | 'matched' | 'skipped' | 'filters'> {
  id: string;
  /** `stopped`: the server stopped in the middle. `failed`: the table gave an error in the middle. */
  state: 'ready' | 'refused' | 'running' | 'done' | 'stopped' | 'failed' | 'expired';
  /** Times are RFC 3339. */
  expires: string;
  started?: string;
  ended?: string;
  /** What its execution has done so far; `deleted` or `updated`, as the change is. */
  result?: Pick<PlanResult, 'matched' | 'gone' | 'failed' | 'skipped' | 'untried' | 'failures' | 'warnings'> & {
    deleted?: number;
    updated?: number;
  };
  /** Why it was refused, or its execution stopped or failed. */
  problem?: { code: ProblemCode; detail: string };
}

/** What a change of many flows came to. */
export type BulkAnswer = Omit<BulkResult, 'changed'> &
  Partial<Pick<PlanResult, 'untried'>> & {
    /** Of a dry run: what can be executed for a minute. */
    plan?: PlanHandle;
  };
/** What a bulk delete came to. */
export type Deleted = BulkAnswer & { deleted: number };
/** What a bulk change came to. */
export type Updated = BulkAnswer & { updated: number };

/** What became of a list of changes. */
export interface Changed {
  dryRun: boolean;
  /** How many changes had each outcome. */
  counts: Record<ListedOutcome['outcome'], number>;
  /** The outcome of each, in the order of the list; `code` and `detail` say why a change was not made. */
  results: (Omit<ListedOutcome, 'error'> & Pick<ListedChange, 'op'> & { code?: ProblemCode; detail?: string })[];
}

/** What became of a restore. */
export type Restored = Omit<RestoreReport, 'refusals'> & {
  dryRun: boolean;
  refusals: (Omit<RestoreReport['refusals'][number], 'code'> & { code: ProblemCode })[];
  /** The first 20 lines that could not be read, and were left out. */
  faults?: { line: number; message: string }[];
};

/** What a flush emptied. */
export interface Flushed {
  flushed: TableFlushScope;
  /** How many flows there were, where `expect` asked for it or the server has a `protect` filter. */
  matched?: number;
  /** With a `protect` filter: how many were deleted, had ended before, could not be deleted, and were skipped. */
  deleted?: number;
  gone?: number;
  failed?: number;
  skipped?: number;
}

/** What the table records and can do, and what holds it back. */
export type ServerCapabilities = TableCapabilities & {
  source: SourceInfo;
  /** Of a kernel's table: what is set up well and what is not. */
  findings?: Finding[];
};

/** The heaviest groups, the heaviest first. */
export interface TopGroups {
  items: TopItem[];
  meta: Omit<Top, 'items'> & { filter: string; warnings?: FilterIssue[] };
}

/** Connections that helpers have announced. */
export interface ExpectationList {
  items: KeyedExpectation[];
  /** There are no pages. */
  next: null;
  meta: { scanned: number; matched: number };
}

/** What a flush of expectations emptied. */
export interface ExpectationsFlushed {
  flushed: { all: true } | { helper: string };
}

/** A filter, looked at. */
export type FilterCheck =
  | { valid: true; query: string; expression: string; fields: string[]; warnings?: FilterIssue[] }
  | { valid: false; errors: Fault[] };

/** A filter in words, and how the table would be read for it. */
export type FilterExplanation = Explanation & {
  plan: ReadPlan;
  warnings?: FilterIssue[];
};

/** What can stand at a place of a filter. */
export type FilterCompletions = Completions;

/** One field of the filter language. */
export interface FilterField {
  name: string;
  type: string;
  operators: string[];
  summary: string;
  [member: string]: unknown;
}
