import type { Flow } from '../flow/flow.js';
import type { BulkResult } from './bulk.js';

/** Every way in which a table operation fails, as a stable code. The error's message says in one sentence what to do. */
export type TableErrorCode =
  /** No entry has this tuple, or the entry has ended. */
  | 'FLOW_NOT_FOUND'
  /** Another connection has the tuple now: its id differs from the id in the key. */
  | 'FLOW_REPLACED'
  /** An entry with this tuple exists. */
  | 'FLOW_EXISTS'
  /** The entry refuses the change: a status bit that cannot be set or cleared, a fixed timeout. */
  | 'FLOW_BUSY'
  /** The flow matches the table's `protect` filter. */
  | 'PROTECTED'
  /** The flow is, or would be after the change, outside of the filter that limits a view of the table. */
  | 'OUTSIDE'
  /** The source cannot store this value. */
  | 'INVALID_CHANGE'
  /** A change of many flows came without a filter. */
  | 'FILTER_REQUIRED'
  /** More flows match than `maxAffected` allows; nothing was changed. */
  | 'TOO_MANY_AFFECTED'
  /** The number of matching flows differs from `expect`; nothing was changed. */
  | 'EXPECT_MISMATCH'
  /** The plan is older than its `expires`; nothing was changed. */
  | 'PLAN_EXPIRED'
  /** The plan was executed before: a plan can be executed once. */
  | 'PLAN_USED'
  /** A change of many flows was stopped between two batches; `result` says what was done. */
  | 'STOPPED'
  /** The source does not record a field that the filter needs. */
  | 'FIELD_UNAVAILABLE'
  /** The source cannot be changed. */
  | 'READ_ONLY'
  /** The source, or this kernel, does not support the operation. */
  | 'UNSUPPORTED'
  /** The process is not allowed to use conntrack here. */
  | 'NOT_PRIVILEGED'
  /** No network namespace has this name or path. */
  | 'NAMESPACE_NOT_FOUND'
  /** The table is full, or the kernel is out of memory. */
  | 'NO_ROOM'
  /** A field or metric that cannot be used for sorting or grouping. */
  | 'SORT_INVALID'
  /** A page cursor that belongs to another list. */
  | 'CURSOR_INVALID'
  /** The source's name or file cannot be used. */
  | 'SOURCE_UNUSABLE'
  /** Any other failure that the source reports. */
  | 'SOURCE_FAILED';

/** The details that a {@link TableError} can have beside its code and message. */
export interface TableErrorDetails {
  /** The error of the source. */
  cause?: unknown;
  /** The existing flow (FLOW_EXISTS) or the successor (FLOW_REPLACED). */
  flow?: Flow;
  /** Number of flows that match, as far as they were counted (TOO_MANY_AFFECTED, EXPECT_MISMATCH). */
  matched?: number;
  /** What was done before a change of many flows was stopped or failed (STOPPED). */
  result?: BulkResult;
  /** Whether the source continues with the change on its own, as a server does. `result` then has the counts so far (STOPPED). */
  continues?: boolean;
  /** The field that is not recorded, and the sysctl that turns recording on (FIELD_UNAVAILABLE). */
  field?: string;
  sysctl?: string;
  /**
   * What is missing (NOT_PRIVILEGED): a capability of this process, permission to read a file, or rights of the caller at the server.
   */
  missing?: 'capability' | 'file' | 'rights';
}

/** The error that every table throws, local or remote. */
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
