import type { FilterIssue } from '@conntrack/filter';
import type { Completions } from '@conntrack/filter/complete';
import type { Explanation } from '@conntrack/filter/explain';
import type { Expectation, Flow, FlowChange } from '@conntrack/flow';
import type { Fault, ProblemCode } from './problems.js';
import type {
  Capabilities,
  Finding,
  FlushScope,
  ListedChange,
  Outcome,
  ReadPlan,
  Reasons,
  RestoreCounts,
  RestoreRefusal,
  SourceInfo,
  TopItem,
  TopSummary,
} from './results.js';

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

/** What a plan is about. */
export interface PlanSummary {
  change: FlowChange | 'delete';
  /** Flows that it would touch. */
  count: number;
  /** Flows that match, the skipped ones included. */
  matched: number;
  skipped: number;
  /** Each filter in canonical text, with how many flows match it. A flow that matches two counts in both, and is touched once. */
  filters: readonly { filter: string; matched: number }[];
}

/** A change that was looked at and not made. */
export interface PlanAnswer extends PlanHandle, PlanSummary {
  /** Why flows are left alone. */
  skips: readonly Reasons[number][];
  /** Flows that it would touch by protocol and, where it has one, state: `tcp ESTABLISHED`. */
  breakdown: Readonly<Record<string, number>>;
  /** Up to 100 of them. */
  sample: readonly Flow[];
}

/** What is known of a plan, while it waits, while it runs, and for ten minutes after its end. */
export interface PlanRecord extends PlanSummary {
  id: string;
  /** `stopped`: the server stopped in the middle. `failed`: the table gave an error in the middle. */
  state: 'ready' | 'refused' | 'running' | 'done' | 'stopped' | 'failed' | 'expired';
  /** Times are RFC 3339. */
  expires: string;
  started?: string;
  ended?: string;
  /** What its execution has done so far; `deleted` or `updated`, as the change is. */
  result?: ChangeCounts & {
    untried: number;
    failures: Reasons;
    warnings: string[];
    deleted?: number;
    updated?: number;
  };
  /** Why it was refused, or its execution stopped or failed. */
  problem?: { code: ProblemCode; detail: string };
}

/** What became of the flows that a change of many hit. */
export interface ChangeCounts {
  /** Flows that matched, the skipped ones included. */
  matched: number;
  /** Flows that ended, or were replaced, before their turn came. */
  gone: number;
  failed: number;
  /** Flows that were left alone: protected, or seen to be successors by a strict change. */
  skipped: number;
}

/** What a change of many flows came to. */
export interface BulkAnswer extends ChangeCounts {
  dryRun: boolean;
  /** Flows whose turn did not come, where the change was stopped. */
  untried?: number;
  /** Why flows were left alone. */
  skips: Reasons;
  /** Matching flows by protocol and, where it has one, state: `tcp ESTABLISHED`. */
  breakdown: Record<string, number>;
  /** Up to 100 of the matching flows, of a dry run. */
  sample?: Flow[];
  /** Why flows failed. */
  failures: Reasons;
  /** What the caller should know: the kernel re-creates TCP entries in mid-stream, say. */
  warnings: string[];
  /** Of a dry run: what can be executed for a minute. */
  plan?: PlanHandle;
}
/** What a bulk delete came to. */
export type Deleted = BulkAnswer & { deleted: number };
/** What a bulk change came to. */
export type Updated = BulkAnswer & { updated: number };

/** What became of one change of a list; `code` and `detail` say why it was not made. */
export interface ChangedItem extends Pick<ListedChange, 'op'> {
  outcome: Outcome;
  /** The key of the flow that is meant, was made, or is in the way; absent where none is visible. */
  key?: string;
  /** Of an upsert: whether the flow was (or would be) made, and not changed. */
  created?: boolean;
  /** What the table dropped of a flow that was made. */
  warnings?: readonly string[];
  code?: ProblemCode;
  detail?: string;
}

/** What became of a list of changes. */
export interface Changed {
  dryRun: boolean;
  /** How many changes had each outcome. */
  counts: Record<Outcome, number>;
  /** The outcome of each, in the order of the list. */
  results: ChangedItem[];
}

/** What became of a restore. */
export interface Restored extends RestoreCounts {
  dryRun: boolean;
  /** Why flows were refused; of more than 50 reasons the last one stands for all others. */
  refusals: (RestoreRefusal & { code: ProblemCode })[];
  /** The first 20 lines that could not be read, and were left out. */
  faults?: { line: number; message: string }[];
}

/** What a flush emptied. */
export interface Flushed {
  flushed: FlushScope;
  /** How many flows there were, where `expect` asked for it or the server has a `protect` filter. */
  matched?: number;
  /** With a `protect` filter: how many were deleted, had ended before, could not be deleted, and were spared. */
  deleted?: number;
  gone?: number;
  failed?: number;
  skipped?: number;
}

/** What the table records and can do, and what holds it back. */
export type ServerCapabilities = Capabilities & {
  source: SourceInfo;
  /** Of a kernel's table: what is set up well and what is not. */
  findings?: Finding[];
};

/** The heaviest groups, the heaviest first. */
export interface TopGroups {
  items: TopItem[];
  meta: TopSummary & { filter: string; warnings?: FilterIssue[] };
}

/** A connection that a helper has announced, with what finds it again; absent where the table gives no id. */
export type KeyedExpectation = Expectation & { key?: string };

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
