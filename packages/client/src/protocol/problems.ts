/**
 * Every way a request fails, by its stable code: the HTTP status and a title that is the same each time. The application, the OpenAPI document,
 * `GET /problems` and the tests read this table.
 */
export const PROBLEMS = {
  'request-malformed': { status: 400, title: 'The request is not valid HTTP' },
  'filter-invalid': { status: 400, title: 'The filter is not valid' },
  'filter-required': { status: 400, title: 'A change of many flows needs a filter' },
  'parameter-invalid': { status: 400, title: 'A query parameter is not valid' },
  'cursor-invalid': { status: 400, title: 'The page cursor is not of this list' },
  'key-invalid': { status: 400, title: 'This is not a flow key' },
  'json-malformed': { status: 400, title: 'The body is not JSON' },
  'body-unexpected': { status: 400, title: 'This request takes no body' },
  'idempotency-key-invalid': { status: 400, title: 'The Idempotency-Key is not valid' },
  'token-in-url': { status: 400, title: 'A token does not belong in a URL' },
  unauthenticated: { status: 401, title: 'A valid token is needed' },
  'scope-missing': { status: 403, title: 'The token does not allow this' },
  'host-forbidden': { status: 403, title: 'This server does not answer to that name' },
  'origin-forbidden': { status: 403, title: 'Web pages of other origins are not served' },
  protected: { status: 403, title: 'The flow is protected' },
  outside: { status: 403, title: 'The token is limited to other flows' },
  'route-not-found': { status: 404, title: 'There is no such route' },
  'not-found': { status: 404, title: 'There is no such entry' },
  'flow-replaced': { status: 404, title: 'The flow has ended, and another one has its tuple' },
  'netns-unknown': { status: 404, title: 'There is no such network namespace' },
  'plan-unknown': { status: 404, title: 'There is no such plan' },
  'method-not-allowed': { status: 405, title: 'The route does not take this method' },
  'read-only': { status: 405, title: 'This table can only be read' },
  'not-acceptable': { status: 406, title: 'None of the formats asked for is there' },
  'request-timeout': { status: 408, title: 'The request did not arrive in time' },
  'flow-exists': { status: 409, title: 'A flow with this tuple exists' },
  'flow-busy': { status: 409, title: 'The flow refuses this change' },
  'too-many-affected': { status: 409, title: 'More flows match than may be changed' },
  'expect-mismatch': { status: 409, title: 'The number of matching flows is not the one expected' },
  'plan-used': { status: 409, title: 'The plan was executed already' },
  'plan-expired': { status: 410, title: 'The plan has expired' },
  'position-gone': { status: 410, title: 'The events since this position are not kept any more' },
  'precondition-failed': { status: 412, title: 'Flows have no entity tags' },
  'body-too-large': { status: 413, title: 'The body is too large' },
  'media-type-unsupported': { status: 415, title: 'The body is of a type that is not read here' },
  'expectation-failed': { status: 417, title: 'The server meets no such expectation' },
  'body-invalid': { status: 422, title: 'The body does not say what it should' },
  'change-invalid': { status: 422, title: 'The table cannot take this value' },
  'idempotency-key-reused': { status: 422, title: 'The Idempotency-Key belongs to another request' },
  'field-unavailable': { status: 422, title: 'The table does not record this field' },
  unsupported: { status: 422, title: 'This table cannot do that' },
  'too-many-plans': { status: 429, title: 'Too many plans wait' },
  'too-many-flows': { status: 422, title: 'More flows match than a stream can follow' },
  'too-many-dumps': { status: 429, title: 'Too many reads of the table at once' },
  'too-many-subscribers': { status: 429, title: 'Too many streams of events' },
  'too-many-bodies': { status: 429, title: 'Too many large request bodies at once' },
  'too-many-requests': { status: 429, title: 'Too many requests' },
  'headers-too-large': { status: 431, title: 'The URL and headers are too long' },
  'client-left': { status: 499, title: 'The client closed the connection before the answer was there' },
  internal: { status: 500, title: 'The server failed' },
  'source-failed': { status: 500, title: 'The table gave an error' },
  'not-privileged': { status: 503, title: 'The server may not use conntrack' },
  'no-room': { status: 503, title: 'The table is full' },
  'source-unusable': { status: 503, title: 'The table cannot be used' },
  'audit-failed': { status: 503, title: 'The audit log cannot be written' },
  'keys-unavailable': { status: 503, title: 'The keys of the token’s issuer cannot be had' },
  'server-busy': { status: 503, title: 'The server has its hands full with others' },
  aborted: { status: 503, title: 'The server is stopping' },
} as const satisfies Readonly<Record<string, { status: number; title: string }>>;

/** The `code` of a problem. */
export type ProblemCode = keyof typeof PROBLEMS;

/** One fault of a request: where it is, and what is wrong. A request's faults come all at once. */
export interface Fault {
  /** Stable, of the part that found it: the filter's issue codes, `unknown`, `invalid`, `duplicate`, … */
  code: string;
  message: string;
  /** Where in the query string (characters after the `?`). */
  offset?: number;
  length?: number;
  /** Which query parameter. */
  parameter?: string;
  /** Where in the body: an RFC 6901 JSON pointer. */
  pointer?: string;
  /** What would be right there. */
  expected?: readonly string[];
  suggestions?: readonly string[];
  /** The text with a caret line under the fault, ready to print. */
  snippet?: string;
}
