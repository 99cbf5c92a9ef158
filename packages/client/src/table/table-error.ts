import { type BulkResult, TableError, type TableErrorCode, type TableErrorDetails } from '@conntrack/flow/table';
import { ApiError, ClientError } from '../errors.js';
import type { ProblemCode } from '../protocol/problems.js';
import { TABLE_PROBLEMS } from '../protocol/table-problems.js';

const BY_PROBLEM = new Map<ProblemCode, TableErrorCode>(
  (Object.entries(TABLE_PROBLEMS) as [TableErrorCode, ProblemCode][]).map(([code, problem]) => [problem, code]),
);
// Further problems of requests. A table's own code takes precedence: a local table would throw that one.
for (const problem of ['parameter-invalid', 'body-invalid', 'json-malformed', 'key-invalid'] as const)
  BY_PROBLEM.set(problem, 'INVALID_CHANGE');
/** Problems of a caller without the rights for a request. */
const RIGHTS: readonly (ProblemCode | 'unknown')[] = ['unauthenticated', 'scope-missing'];
for (const problem of RIGHTS) BY_PROBLEM.set(problem as ProblemCode, 'NOT_PRIVILEGED');
BY_PROBLEM.set('plan-unknown', 'PLAN_EXPIRED');
BY_PROBLEM.set('too-many-flows', 'NO_ROOM');

/** Parameters whose faults have a code of their own. */
const BY_PARAMETER: Readonly<Record<string, TableErrorCode>> = {
  sort: 'SORT_INVALID',
  by: 'SORT_INVALID',
  distinct: 'SORT_INVALID',
  metric: 'SORT_INVALID',
  cursor: 'CURSOR_INVALID',
};

/** The table's error code for a problem of the server. */
export const codeOf = (problem: ProblemCode | 'unknown', parameter?: string): TableErrorCode =>
  (parameter !== undefined ? BY_PARAMETER[parameter] : undefined) ??
  BY_PROBLEM.get(problem as ProblemCode) ??
  'SOURCE_FAILED';

function detailsOf({ problem }: ApiError): TableErrorDetails {
  const { matched, field, sysctl, result } = problem;
  return {
    ...(matched !== undefined && { matched }),
    ...(typeof field === 'string' && { field }),
    ...(typeof sysctl === 'string' && { sysctl }),
    ...(typeof result === 'object' && result !== null && 'changed' in result && { result: result as BulkResult }),
  };
}

/** Converts the failure of a request to a table's error. An abort is returned unchanged. */
export function tableError(error: unknown): unknown {
  if (error instanceof ApiError) {
    const code = codeOf(error.code, error.issues[0]?.parameter);
    const missing = RIGHTS.includes(error.code) && { missing: 'rights' as const };
    return new TableError(code, error.message, { ...detailsOf(error), ...missing, cause: error });
  }
  if (!(error instanceof ClientError)) return error;
  const code = error.code === 'REQUEST_INVALID' ? 'INVALID_CHANGE' : 'SOURCE_FAILED';
  return new TableError(code, error.message, { cause: error });
}

/** Waits for a response, and converts a failure to a table's error. */
export async function answered<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw tableError(error);
  }
}

/** Reads a stream, and converts a failure to a table's error. */
export async function* streamed<T>(answers: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* answers;
  } catch (error) {
    throw tableError(error);
  }
}
