import { TABLE_PROBLEMS } from '@conntrack/client/protocol';
import { FilterError } from '@conntrack/filter';
import { FlowKeyError } from '@conntrack/flow';
import { TableError } from '@conntrack/table';
import { type Fault, Problem } from './problems.js';

/** Seconds after which a full table is worth a retry: most of its entries are short-lived. */
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

/** The faults of a filter, as responses contain them. */
export const filterFaults = (error: FilterError): Fault[] => error.issues.map(issue => ({ ...issue }));

const isAbort = (error: unknown): boolean =>
  error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError');

/**
 * Converts any error to a problem. An unexpected error becomes `internal` without its message, which goes to the log
 * only.
 */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof TableError) return ofTable(error);
  if (error instanceof FilterError)
    return new Problem('filter-invalid', error.message, { errors: filterFaults(error) }, {}, error);
  if (error instanceof FlowKeyError) return new Problem('key-invalid', error.message, {}, {}, error);
  if (isAbort(error))
    return new Problem('aborted', 'the server is stopping, or the source aborted the request', {}, {}, error);
  return new Problem('internal', 'the server failed. Its log has the reason under this request id', {}, {}, error);
}
