import type { FlowChange, NewFlow, Tuple } from '@conntrack/flow';
import type { KeyInput } from './parameters.js';

/** An operation that can be given up. */
export interface CallOptions {
  signal?: AbortSignal;
}

/** An operation that changes something. */
export interface ChangeCallOptions extends CallOptions {
  /**
   * A text of the caller's, new for each change: a call that is made again with it, because its answer was lost, gets the answer of the first one and
   * changes nothing again. The server keeps it for ten minutes.
   */
  idempotencyKey?: string;
}

/** Which flows of a list, in which order, and how much of each. */
export interface ListOptions extends CallOptions {
  /** At most so many. */
  limit?: number;
  /** `-bytes,src`: fields in order, `-` for descending. */
  sort?: string | readonly string[];
  /** These members of each flow alone. */
  fields?: readonly string[];
  /** Answer the position where a watch with the same filter goes on without a hole. The server listens to events for it. Needs `flows:watch`. */
  position?: boolean;
}

/** A page of a list. */
export interface PageOptions extends ListOptions {
  /** The `next` of the page before. */
  cursor?: string;
}

/** How far a change of many flows may go. */
export interface BulkOptions extends ChangeCallOptions {
  /** More matches than this, and nothing is changed (default: 1,000). */
  maxAffected?: number;
  /** Another number of matches, and nothing is changed. */
  expect?: number;
  /** Look at each flow again just before its turn, and skip it when something shows that another connection took its place. */
  strict?: boolean;
  /** Count and show, change nothing. */
  dryRun?: boolean;
}

/** What a flush empties: all of it, or the part of a family, zone or mark. */
export interface FlushOptions extends ChangeCallOptions {
  /** Another number of flows, and nothing is flushed. */
  expect?: number;
  family?: 'ipv4' | 'ipv6';
  zone?: number;
  mark?: number;
  markMask?: number;
}

/** The exact tuple of a packet. */
export interface LookupTuple extends Tuple {
  proto: string | number;
  /** `reply`: the tuple is that of an answering packet as it arrives. */
  dir?: 'original' | 'reply';
  zone?: number;
}

/** Where and how to complete. */
export interface CompleteOptions extends CallOptions {
  position?: number;
  syntax?: 'query' | 'expression';
}

/** An entry to be made. The protocol is a name or a number; the family follows from the addresses. */
export type NewFlowInput = Omit<NewFlow, 'family' | 'protonum'> &
  Partial<Pick<NewFlow, 'family' | 'protonum'>> & { protocol?: string };

/** One change of a list. An upsert makes the flow, or, where the connection exists, sets its timeout and the given mark, status, labels and state. */
export type ListedChangeInput =
  | { op: 'delete'; key: KeyInput }
  | { op: 'update'; key: KeyInput; change: FlowChange }
  | { op: 'create' | 'upsert'; flow: NewFlowInput };

/** How a list of changes is made. */
export interface ChangesOptions extends ChangeCallOptions {
  /** Look at each flow, change nothing. */
  dryRun?: boolean;
}

/** How a snapshot is written. */
export interface SnapshotOptions extends CallOptions {
  /** `ndjson` (the default) keeps everything; `save` is for `conntrack -R`. */
  format?: 'ndjson' | 'save';
}

/** How a snapshot is read back. */
export interface RestoreOptions extends ChangeCallOptions {
  /** Count what would be made, make nothing. */
  dryRun?: boolean;
  /** Leave out lines that cannot be read; without it the first one ends the restore. */
  skipBadLines?: boolean;
}

/** What a plan may touch. */
export interface PlanOptions extends ChangeCallOptions {
  /** More flows than this, and the plan is refused (default: 1,000). */
  maxAffected?: number;
  /** Another number of flows, and the plan is refused. */
  expect?: number;
  /** How far from `expect` is still right. */
  tolerance?: number;
  /** Look at each flow again just before its turn, and skip it when something shows that another connection took its place. */
  strict?: boolean;
}

/** How far a drain or a reconciliation may go. */
export interface PlannedOptions extends PlanOptions {
  /** Count and show, change nothing. */
  dryRun?: boolean;
}

/** What to gather, and how much of it. */
export interface TopOptions extends CallOptions {
  /** The field: `src`, `dst`, `dport`, `state` … */
  by: string;
  /** Default: `flows`. Bytes and packets are of both directions. */
  metric?: 'flows' | 'bytes' | 'packets';
  /** How many groups (default: 20). */
  k?: number;
}

/** Which expectations. */
export interface ExpectationOptions extends CallOptions {
  family?: 'ipv4' | 'ipv6';
  proto?: string | number;
  src?: string;
  dst?: string;
  dport?: number;
  'master.src'?: string;
  'master.dst'?: string;
  helper?: string;
  zone?: number;
  limit?: number;
}
