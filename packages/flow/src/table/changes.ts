import type { FlowChange, NewFlow } from '../change/change.js';
import type { Flow } from '../flow/flow.js';
import type { TableError } from './errors.js';
import type { FleetMeta } from './fleet.js';

/** A flow that was just created. */
export type MadeFlow = Flow & {
  /** What the source did not store, one sentence for each; absent if it stored everything. */
  warnings?: readonly string[];
};

/** One change of a list. An upsert creates the flow. If the connection exists, it sets its timeout, mark, status, labels and state instead. */
export type ListedChange =
  | { op: 'delete'; key: string }
  | { op: 'update'; key: string; change: FlowChange }
  | { op: 'create'; flow: NewFlow }
  | { op: 'upsert'; flow: NewFlow };

/**
 * The outcome of one change of a list.
 *
 * `ready`: the change would be made (dry run only). `gone`: the connection has ended. `replaced`: the connection has ended, and another one
 * has its tuple. `exists`: another entry has the tuple of the flow to create. `protected`: the flow is skipped. `failed`: `error` says why.
 */
export interface ListedOutcome {
  outcome: 'done' | 'ready' | 'gone' | 'replaced' | 'exists' | 'protected' | 'failed';
  /** The key of the flow that the change names, that was created, or that already exists; absent if no flow is visible. */
  key?: string;
  /** Upserts only: whether the flow was (or would be) created. `false`: it was changed. */
  created?: boolean;
  /** Why the change was not made. */
  error?: TableError;
  /** What the source did not store of a flow that was created. */
  warnings?: readonly string[];
}

/** A change of many flows that was planned and not yet made. */
export interface PlanSummary {
  /** Identifies the plan, opaque. */
  readonly id: string;
  /** The planned change. */
  readonly change: FlowChange | 'delete';
  /** Number of flows that the plan would change (its targets). */
  readonly count: number;
  /** Number of flows that match, skipped flows included. */
  readonly matched: number;
  /** Number of flows that the plan skips. */
  readonly skipped: number;
  /** Why flows are skipped: each reason once, with the number of flows. */
  readonly skips: readonly { reason: string; count: number }[];
  /** Number of targets by protocol and, if it has one, state: `tcp ESTABLISHED`. */
  readonly breakdown: Readonly<Record<string, number>>;
  /** Up to 100 of the targets. */
  readonly sample: readonly Flow[];
  /** Each filter in canonical text, with the number of flows that match it. A flow that matches two filters counts in both, and is changed once. */
  readonly filters: readonly { filter: string; matched: number }[];
  /** Number of targets on each node of a fleet. Absent for the table of one host. */
  readonly nodes?: readonly { readonly node: string; readonly count: number }[];
  /** Which nodes of a fleet the answer is about. Absent for the table of one host. */
  readonly fleet?: FleetMeta;
  /** When the plan expires, in milliseconds since 1970. */
  readonly expires: number;
  /** Bytes of memory that the targets take up. */
  readonly bytes: number;
  /** Why the plan cannot be executed: an error with the code TOO_MANY_AFFECTED or EXPECT_MISMATCH. `execute` throws it. */
  readonly refusal: TableError | undefined;
}
