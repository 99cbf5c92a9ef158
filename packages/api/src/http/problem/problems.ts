import { type Fault, PROBLEMS, type ProblemCode } from '@conntrack/client/protocol';
import { printableJson } from '@conntrack/flow/text';
import { COMMON_HEADERS } from '../answer/headers.js';

export { type Fault, PROBLEMS, type ProblemCode };

/** Problems of a read of the table. */
export const SCAN_PROBLEMS = [
  'field-unavailable',
  'not-privileged',
  'source-failed',
  'too-many-dumps',
  'server-busy',
] as const satisfies readonly ProblemCode[];

/** Members of a problem response in addition to the standard ones. */
export interface ProblemExtras {
  errors?: readonly Fault[];
  /** The key of the existing flow, or of the flow that replaced the requested one. */
  key?: string;
  /** Number of flows that match. */
  matched?: number;
  /** What was done before a bulk change stopped or failed. */
  result?: object;
  field?: string;
  sysctl?: string;
  /** The available media types. */
  available?: readonly string[];
  /** The missing scope. */
  scope?: string;
}

/** An error with an HTTP response. Thrown anywhere below a route, it becomes `application/problem+json`. */
export class Problem extends Error {
  override readonly name = 'Problem';
  constructor(
    readonly code: ProblemCode,
    /** What is wrong, and what to do. */
    detail: string,
    readonly extras: ProblemExtras = {},
    /** Additional response headers: Allow, Retry-After, WWW-Authenticate. */
    readonly headers: Readonly<Record<string, string>> = {},
    cause?: unknown,
  ) {
    super(detail, cause === undefined ? undefined : { cause });
  }

  /** The HTTP status of the problem's code. */
  get status(): number {
    return PROBLEMS[this.code].status;
  }
}

/** The media type of problem responses (RFC 9457). */
export const PROBLEM_TYPE = 'application/problem+json';

/** The members of a problem response (RFC 9457). `type` is a link to the code's description in `GET /problems`. */
export const problemBody = (problem: Problem, requestId?: string, basePath = ''): Record<string, unknown> => ({
  type: `${basePath}/problems/${problem.code}`,
  title: PROBLEMS[problem.code].title,
  status: problem.status,
  detail: problem.message,
  code: problem.code,
  ...(requestId !== undefined && { requestId }),
  ...problem.extras,
});

/** A problem as a response. */
export const problemResponse = (problem: Problem, requestId?: string, basePath?: string): Response =>
  new Response(`${printableJson(problemBody(problem, requestId, basePath))}\n`, {
    status: problem.status,
    headers: { ...COMMON_HEADERS, ...problem.headers, 'content-type': PROBLEM_TYPE },
  });
