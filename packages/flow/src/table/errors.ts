import type { Flow } from '../flow/flow.js';
import type { BulkResult } from './bulk.js';

/** Every way a table operation fails, by its stable code. The message of each error is one sentence that says what to do. */
export type TableErrorCode =
  /** No entry has this tuple (any more). */
  | 'FLOW_NOT_FOUND'
  /** The tuple belongs to another connection now: its id differs from the key's. */
  | 'FLOW_REPLACED'
  /** An entry with this tuple exists. */
  | 'FLOW_EXISTS'
  /** The entry refuses the change: a status bit that cannot be set or cleared, a fixed timeout. */
  | 'FLOW_BUSY'
  /** The flow is under the protect filter. */
  | 'PROTECTED'
  /** It lies, or would come to lie, outside of the filter that limits a view of the table. */
  | 'OUTSIDE'
  /** The value is one that the source cannot take. */
  | 'INVALID_CHANGE'
  /** A change of many flows came without any predicate. */
  | 'FILTER_REQUIRED'
  /** More flows match than `maxAffected` allows; nothing was changed. */
  | 'TOO_MANY_AFFECTED'
  /** The number of matching flows differs from `expect`; nothing was changed. */
  | 'EXPECT_MISMATCH'
  /** The plan is older than its `expires`; nothing was changed. */
  | 'PLAN_EXPIRED'
  /** The plan was executed before: a plan acts once. */
  | 'PLAN_USED'
  /** A change of many flows was given up between two batches; `result` says what was done. */
  | 'STOPPED'
  /** The source does not record what the filter asks for. */
  | 'FIELD_UNAVAILABLE'
  /** The source cannot be changed. */
  | 'READ_ONLY'
  /** The source, or this kernel, cannot do this at all. */
  | 'UNSUPPORTED'
  /** The process may not use conntrack here. */
  | 'NOT_PRIVILEGED'
  /** No network namespace has this name or path. */
  | 'NAMESPACE_NOT_FOUND'
  /** The table is full, or the kernel short of memory. */
  | 'NO_ROOM'
  /** A field or metric that nothing can be sorted or gathered by. */
  | 'SORT_INVALID'
  /** A page cursor that is not of this list. */
  | 'CURSOR_INVALID'
  /** The source's name or file cannot be used. */
  | 'SOURCE_UNUSABLE'
  /** Anything else that the source answered. */
  | 'SOURCE_FAILED';

/** What {@link TableError} carries beside its code and message. */
export interface TableErrorDetails {
  cause?: unknown;
  /** The existing flow (FLOW_EXISTS) or the flow that took over (FLOW_REPLACED). */
  flow?: Flow;
  /** How many flows match, as far as they were counted (TOO_MANY_AFFECTED, EXPECT_MISMATCH). */
  matched?: number;
  /** What was done before a change of many flows was stopped or failed. */
  result?: BulkResult;
  /** The field that is not recorded, and the sysctl that turns it on (FIELD_UNAVAILABLE). */
  field?: string;
  sysctl?: string;
}

/** The error of every table, local or remote. */
export class TableError extends Error {
  override readonly name = 'TableError';
  readonly details: Readonly<TableErrorDetails>;
  constructor(
    readonly code: TableErrorCode,
    message: string,
    details: TableErrorDetails = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.details = details;
  }
}
