import { type Fault, PROBLEMS, type ProblemCode } from '@conntrack/client/protocol';
import { printableJson } from '@conntrack/flow/text';
import { COMMON_HEADERS } from '../answer/headers.js';

export { type Fault, PROBLEMS, type ProblemCode };

/** How a read of the table can fail. */
export const SCAN_PROBLEMS = [
  'field-unavailable',
  'not-privileged',
  'source-failed',
  'too-many-dumps',
  'server-busy',
] as const satisfies readonly ProblemCode[];

/** What a problem carries beside code and detail. Members here are members of the answer. */
export interface ProblemExtras {
  errors?: readonly Fault[];
  /** The key of the flow in the way, or of the one that took over. */
  key?: string;
  /** How many flows match. */
  matched?: number;
  /** What was done before a change of many flows was stopped or failed. */
  result?: object;
  field?: string;
  sysctl?: string;
  /** The media types there are. */
  available?: readonly string[];
  /** The scope that is missing. */
  scope?: string;
}

/** A failure that knows its answer: thrown anywhere below a route, it becomes `application/problem+json`. */
export class Problem extends Error {
  override readonly name = 'Problem';
  constructor(
    readonly code: ProblemCode,
    /** One sentence that says what to do. */
    detail: string,
    readonly extras: ProblemExtras = {},
    /** Headers that the answer needs: Allow, Retry-After, WWW-Authenticate. */
    readonly headers: Readonly<Record<string, string>> = {},
    cause?: unknown,
  ) {
    super(detail, cause === undefined ? undefined : { cause });
  }

  /** The HTTP status of its code. */
  get status(): number {
    return PROBLEMS[this.code].status;
  }
}

/** The media type of RFC 9457. */
export const PROBLEM_TYPE = 'application/problem+json';

/** The answer's members, as RFC 9457 names them; `type` leads to the code's entry in `GET /problems`, below the base path. */
export const problemBody = (problem: Problem, requestId?: string, basePath = ''): Record<string, unknown> => ({
  type: `${basePath}/problems/${problem.code}`,
  title: PROBLEMS[problem.code].title,
  status: problem.status,
  detail: problem.message,
  code: problem.code,
  ...(requestId !== undefined && { requestId }),
  ...problem.extras,
});

/** The answer itself. */
export const problemResponse = (problem: Problem, requestId?: string, basePath?: string): Response =>
  new Response(`${printableJson(problemBody(problem, requestId, basePath))}\n`, {
    status: problem.status,
    headers: { ...COMMON_HEADERS, ...problem.headers, 'content-type': PROBLEM_TYPE },
  });
