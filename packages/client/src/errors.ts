import type { Fault, ProblemCode } from './protocol/problems.js';

/** The members of an `application/problem+json` answer (RFC 9457), as this API has them. */
export interface ProblemBody {
  readonly type?: string;
  readonly title?: string;
  readonly status?: number;
  readonly detail?: string;
  readonly code?: string;
  readonly requestId?: string;
  readonly errors?: readonly Fault[];
  /** The key of the flow in the way, or of the one that took over. */
  readonly key?: string;
  /** How many flows match. */
  readonly matched?: number;
  /** The scope that is missing. */
  readonly scope?: string;
  /** The media types there are. */
  readonly available?: readonly string[];
  readonly [member: string]: unknown;
}

/** An answer that is not 2xx. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** Stable: what programs look at. `unknown` when the answer was no problem of this API: a proxy's, say. */
  readonly code: ProblemCode | 'unknown';
  /** The HTTP status. */
  readonly status: number;
  /** Every fault of the request, with its place. */
  readonly issues: readonly Fault[];
  /** What the server's log has the request under. */
  readonly requestId: string | undefined;
  /** Seconds after which another try is worth it, where the server said so. */
  readonly retryAfter: number | undefined;
  /** The answer as it came. */
  readonly problem: ProblemBody;

  constructor(status: number, problem: ProblemBody, more: { requestId?: string; retryAfter?: number } = {}) {
    super(problem.detail ?? problem.title ?? `the server returned ${status}`);
    this.code = (problem.code as ProblemCode | undefined) ?? 'unknown';
    this.status = status;
    this.issues = problem.errors ?? [];
    this.requestId = problem.requestId ?? more.requestId;
    this.retryAfter = more.retryAfter;
    this.problem = problem;
  }
}

/** Why there is no answer, or only part of one. */
export type ClientErrorCode =
  /** No connection, or it broke before the answer began. `cause` has the system's error. */
  | 'CONNECTION_FAILED'
  /** The answer did not come within the client's `timeout`. Of a change nobody knows then whether it was made. */
  | 'TIMEOUT'
  /** A streamed answer ended without its last line: what came is not the whole. */
  | 'STREAM_CUT'
  /** The answer is not what this API sends. */
  | 'ANSWER_INVALID'
  /** A filter, key or option that no request can be made of. Nothing was sent. */
  | 'REQUEST_INVALID'
  /** A watch was given up after `maxAttempts` tries. */
  | 'WATCH_FAILED';

/** A failure on this side of the connection. */
export class ClientError extends Error {
  override readonly name = 'ClientError';
  constructor(
    readonly code: ClientErrorCode,
    message: string,
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause });
  }
}
