/** All problem codes, each with its HTTP status and title. Codes are stable. */
export const PROBLEMS = {
  'request-malformed': { status: 400, title: 'The request is not valid HTTP' },
  'filter-invalid': { status: 400, title: 'The filter is not valid' },
  'filter-required': { status: 400, title: 'A bulk change requires a filter' },
  'parameter-invalid': { status: 400, title: 'A query parameter is not valid' },
  'cursor-invalid': { status: 400, title: 'The page cursor belongs to another list' },
  'key-invalid': { status: 400, title: 'The flow key is not valid' },
  'json-malformed': { status: 400, title: 'The body is not valid JSON' },
  'body-unexpected': { status: 400, title: 'The request must not have a body' },
  'idempotency-key-invalid': { status: 400, title: 'The Idempotency-Key is not valid' },
  'token-in-url': { status: 400, title: 'Tokens in URLs are not allowed' },
  unauthenticated: { status: 401, title: 'A valid token is required' },
  'scope-missing': { status: 403, title: 'The token does not allow this' },
  'host-forbidden': { status: 403, title: 'The Host header is not allowed' },
  'origin-forbidden': { status: 403, title: 'Requests from web pages of other origins are not allowed' },
  protected: { status: 403, title: 'The flow is protected' },
  outside: { status: 403, title: 'The token does not allow access to this flow or to the whole table' },
  'route-not-found': { status: 404, title: 'Route not found' },
  'not-found': { status: 404, title: 'Entry not found' },
  'flow-replaced': { status: 404, title: 'The flow has ended, and another flow has its tuple' },
  'netns-unknown': { status: 404, title: 'Network namespace not found' },
  'plan-unknown': { status: 404, title: 'Plan not found' },
  'method-not-allowed': { status: 405, title: 'The method is not allowed' },
  'read-only': { status: 405, title: 'The table is read-only' },
  'not-acceptable': { status: 406, title: 'None of the accepted formats is available' },
  'request-timeout': { status: 408, title: 'The request did not arrive in time' },
  'flow-exists': { status: 409, title: 'A flow with this tuple exists' },
  'flow-busy': { status: 409, title: 'The flow cannot be changed in this way' },
  'too-many-affected': { status: 409, title: 'More flows match than can be changed' },
  'expect-mismatch': { status: 409, title: 'The number of matching flows differs from `expect`' },
  'plan-used': { status: 409, title: 'The plan was already executed' },
  'plan-expired': { status: 410, title: 'The plan has expired' },
  'position-gone': { status: 410, title: 'The events since this position are no longer available' },
  'precondition-failed': { status: 412, title: 'Flows do not support entity tags' },
  'body-too-large': { status: 413, title: 'The body is too large' },
  'media-type-unsupported': { status: 415, title: 'The media type of the body is not supported' },
  'expectation-failed': { status: 417, title: 'The Expect header is not supported' },
  'body-invalid': { status: 422, title: 'The body is not valid' },
  'change-invalid': { status: 422, title: 'The table does not accept this value' },
  'idempotency-key-reused': { status: 422, title: 'The Idempotency-Key was used with another request' },
  'field-unavailable': { status: 422, title: 'The table does not record this field' },
  unsupported: { status: 422, title: 'The table does not support this' },
  'too-many-plans': { status: 429, title: 'Too many waiting plans' },
  'too-many-flows': { status: 422, title: 'More flows match than a stream can follow' },
  'too-many-dumps': { status: 429, title: 'Too many concurrent reads of the table' },
  'too-many-subscribers': { status: 429, title: 'Too many event streams' },
  'too-many-bodies': { status: 429, title: 'Too many concurrent large request bodies' },
  'too-many-requests': { status: 429, title: 'Too many requests' },
  'headers-too-large': { status: 431, title: 'The URL and headers are too long' },
  'client-left': { status: 499, title: 'The client closed the connection before the response' },
  internal: { status: 500, title: 'The server failed' },
  'source-failed': { status: 500, title: 'The table returned an error' },
  'not-privileged': { status: 503, title: 'The server lacks the privilege for conntrack' },
  'no-room': { status: 503, title: 'The table is full' },
  'source-unusable': { status: 503, title: 'The table is not available' },
  'audit-failed': { status: 503, title: 'The audit log cannot be written' },
  'keys-unavailable': { status: 503, title: 'The keys of the token’s issuer are not available' },
  'server-busy': { status: 503, title: 'The server is busy' },
  aborted: { status: 503, title: 'The request was aborted because the server is stopping' },
} as const satisfies Readonly<Record<string, { status: number; title: string }>>;

/** The `code` of a problem. */
export type ProblemCode = keyof typeof PROBLEMS;

/** A fault of a request. A response contains all faults of its request. */
export interface Fault {
  /** Stable code: an issue code of the filter, or `unknown`, `invalid`, `missing`, `duplicate` … */
  code: string;
  /** What is wrong, and what to do. */
  message: string;
  /** Start in the query string, in characters after the `?`. */
  offset?: number;
  /** Length in characters. */
  length?: number;
  /** Name of the query parameter. */
  parameter?: string;
  /** Place in the body: a JSON pointer (RFC 6901). */
  pointer?: string;
  /** Accepted values or names. */
  expected?: readonly string[];
  /** Corrected texts to try, best first. */
  suggestions?: readonly string[];
  /** Two lines to print: the text around the fault, and a caret with the message. */
  snippet?: string;
}
