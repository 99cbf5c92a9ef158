import { FilterError } from '@conntrack/filter';
import { FlowKeyError } from '@conntrack/flow';
import { TableError, type TableErrorCode } from '@conntrack/table';
import { type Fault, Problem, type ProblemCode } from './problems.js';

/** What each failure of the table is over HTTP. */
export const TABLE_PROBLEMS: Readonly<Record<TableErrorCode, ProblemCode>> = {
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
};

/** Seconds after which a full table is worth another try: most entries in a full table are short-lived. */
const NO_ROOM_RETRY = '5';

function ofTable(error: TableError): Problem {
  const { flow, matched, result, field, sysctl } = error.details;
  const headers: Record<string, string> = {};
  if (error.code === 'NO_ROOM') headers['retry-after'] = NO_ROOM_RETRY;
  if (error.code === 'READ_ONLY') headers.allow = 'GET, HEAD';
  return new Problem(
    TABLE_PROBLEMS[error.code],
    error.message,
    {
      ...(flow?.key !== undefined && { key: flow.key }),
      ...(matched !== undefined && { matched }),
      ...(result !== undefined && { result }),
      ...(field !== undefined && { field }),
      ...(sysctl !== undefined && { sysctl }),
    },
    headers,
    error,
  );
}

/** The faults of a filter, as answers carry them. */
export const filterFaults = (error: FilterError): Fault[] => error.issues.map(issue => ({ ...issue }));

const isAbort = (error: unknown): boolean =>
  error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError');

/** Whatever was thrown, as a problem. What nobody foresaw is `internal`, and says nothing of what it was: that goes to the log. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof TableError) return ofTable(error);
  if (error instanceof FilterError)
    return new Problem('filter-invalid', error.message, { errors: filterFaults(error) }, {}, error);
  if (error instanceof FlowKeyError) return new Problem('key-invalid', error.message, {}, {}, error);
  if (isAbort(error))
    return new Problem('aborted', 'the server is stopping, or the source gave the request up', {}, {}, error);
  return new Problem('internal', 'the server failed; its log says why, under this request id', {}, {}, error);
}
