import type { TableErrorCode } from '@conntrack/flow/table';
import type { ProblemCode } from './problems.js';

/** The problem code for each error code of a table. */
export const TABLE_PROBLEMS = {
  FLOW_NOT_FOUND: 'not-found',
  FLOW_REPLACED: 'flow-replaced',
  FLOW_EXISTS: 'flow-exists',
  FLOW_BUSY: 'flow-busy',
  PROTECTED: 'protected',
  OUTSIDE: 'outside',
  INVALID_CHANGE: 'change-invalid',
  FILTER_REQUIRED: 'filter-required',
  TOO_MANY_AFFECTED: 'too-many-affected',
  EXPECT_MISMATCH: 'expect-mismatch',
  PLAN_EXPIRED: 'plan-expired',
  PLAN_USED: 'plan-used',
  STOPPED: 'aborted',
  FIELD_UNAVAILABLE: 'field-unavailable',
  READ_ONLY: 'read-only',
  UNSUPPORTED: 'unsupported',
  NOT_PRIVILEGED: 'not-privileged',
  NAMESPACE_NOT_FOUND: 'netns-unknown',
  NO_ROOM: 'no-room',
  SORT_INVALID: 'parameter-invalid',
  CURSOR_INVALID: 'cursor-invalid',
  SOURCE_UNUSABLE: 'source-unusable',
  SOURCE_FAILED: 'source-failed',
} as const satisfies Readonly<Record<TableErrorCode, ProblemCode>>;
