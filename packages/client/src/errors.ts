import type { Fault, ProblemCode } from './protocol/problems.js';

/** The members of a problem response (RFC 9457). */
export interface ProblemBody {
  readonly type?: string;
  readonly title?: string;
  readonly status?: number;
  readonly detail?: string;
  readonly code?: string;
  readonly requestId?: string;
  readonly errors?: readonly Fault[];
  /** The key of the existing flow, or of the flow that replaced the requested one. */
  readonly key?: string;
  /** Number of flows that match. */
  readonly matched?: number;
  /** The missing scope. */
  readonly scope?: string;
  /** The available media types. */
  readonly available?: readonly string[];
  readonly [member: string]: unknown;
}

/** A response with a status other than 2xx. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** Stable code for programs. `unknown` if the response is not a problem of this API, for example that of a proxy. */
  readonly code: ProblemCode | 'unknown';
  /** The HTTP status. */
  readonly status: number;
  /** All faults of the request, with their places. */
  readonly issues: readonly Fault[];
  /** The request's id in the server's log. */
  readonly requestId: string | undefined;
  /** Seconds to wait before the next attempt, if the server sent a Retry-After header. */
  readonly retryAfter: number | undefined;
  /** The parsed body of the response. */
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

/** Why there is no response, or only a part of it. */
export type ClientErrorCode =
  /** No connection, or it broke before the response started. `cause` is the system's error. */
  | 'CONNECTION_FAILED'
  /** The response did not arrive within `timeout`. It is unknown whether a change was made. */
  | 'TIMEOUT'
  /** A streamed response ended without its last line, so it is incomplete. */
  | 'STREAM_CUT'
  /** The response is not one of this API. */
  | 'ANSWER_INVALID'
  /** An invalid filter, key or option. Nothing was sent. */
  | 'REQUEST_INVALID'
  /** A watch failed `maxAttempts` times in a row. */
  | 'WATCH_FAILED';

/** A failure on the client's side of the connection. */
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
