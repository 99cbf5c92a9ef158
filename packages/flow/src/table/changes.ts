import type { FlowChange, NewFlow } from '../change/change.js';
import type { Flow } from '../flow/flow.js';
import type { TableError } from './errors.js';

/** A flow that was just made. */
export type MadeFlow = Flow & {
  /** What the source dropped of it, a sentence each; absent when it has everything. */
  warnings?: readonly string[];
};

/** One change of a list. An upsert makes the flow, or, where the connection exists, sets its timeout, mark, status, labels and state. */
export type ListedChange =
  | { op: 'delete'; key: string }
  | { op: 'update'; key: string; change: FlowChange }
  | { op: 'create'; flow: NewFlow }
  | { op: 'upsert'; flow: NewFlow };

/**
 * What became of one change. `ready`: it would be done (of a dry run). `gone`: the connection has ended. `replaced`: it has ended, and another connection
 * has its tuple. `exists`: another entry has the tuple of a flow to be made. `protected`: it is left alone. `failed`: `error` says why.
 */
export interface ListedOutcome {
  outcome: 'done' | 'ready' | 'gone' | 'replaced' | 'exists' | 'protected' | 'failed';
  /** The key of the flow that is meant, was made, or is in the way; absent where none is visible. */
  key?: string;
  /** Of an upsert: whether the flow was (or would be) made, and not changed. */
  created?: boolean;
  /** Why it was not done. */
  error?: TableError;
  /** What the source dropped of a flow that was made. */
  warnings?: readonly string[];
}

/** A change of many flows that was looked at and not yet made. */
export interface PlanSummary {
  readonly id: string;
  readonly change: FlowChange | 'delete';
  /** Flows that it would touch. */
  readonly count: number;
  /** Flows that match, skipped ones included. */
  readonly matched: number;
  /** Flows that are left alone, and why. */
  readonly skipped: number;
  readonly skips: readonly { reason: string; count: number }[];
  /** Flows that it would touch by protocol and, where it has one, state: `tcp ESTABLISHED`. */
  readonly breakdown: Readonly<Record<string, number>>;
  /** Up to 100 of them. */
  readonly sample: readonly Flow[];
  /** Each filter in canonical text, with how many flows match it. A flow that matches two counts in both, and is touched once. */
  readonly filters: readonly { filter: string; matched: number }[];
  /** When it expires, in milliseconds since 1970. */
  readonly expires: number;
  /** What the plan's targets take up in memory. */
  readonly bytes: number;
  /** Why it cannot be executed: TOO_MANY_AFFECTED, EXPECT_MISMATCH. `execute` throws it. */
  readonly refusal: TableError | undefined;
}
