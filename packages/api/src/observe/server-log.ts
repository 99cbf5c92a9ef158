import { printQuery } from '@conntrack/filter/print';
import type { Principal } from '../auth/scopes.js';
import type { Ctx } from '../http/context.js';
import { remoteAddress } from '../http/guard/remote-address.js';
import { problemOf } from '../http/problem/problem-of.js';
import { Problem, type ProblemCode } from '../http/problem/problems.js';
import type { RefusalSummary } from '../limits/refusals.js';
import type { Operation } from '../operations/operation.js';
import type { Metrics } from './metrics.js';

/** The principal, the operation and the principal's limit, as members of a log line. */
const actor = ({ id }: Operation, { name, filter }: Principal): object => ({
  principal: name,
  operation: id,
  ...(filter !== undefined && { limitedTo: printQuery(filter) }),
});

/** The principal of a request, if it is known. */
const principalOf = (c: Ctx): object => {
  const name = c.get('principal')?.name;
  return name === undefined ? {} : { principal: name };
};

/** The cause of a problem, for the log only. The response does not contain it. */
const reasonOf = (error: unknown): object =>
  error instanceof Problem && REASONED.has(error.code) && error.cause instanceof Error
    ? { reason: error.cause.message }
    : {};
const REASONED: ReadonlySet<ProblemCode> = new Set(['unauthenticated', 'keys-unavailable']);

/**
 * The server's log lines: plain objects with time, event, request id and client address. They never contain a token or
 * a raw query.
 */
export class ServerLog {
  readonly #write: (line: object) => void;
  readonly #metrics: Metrics;
  #failing = false;

  /** Makes a log. @param write writes a line; throws if it cannot */
  constructor(write: (line: object) => void, metrics: Metrics) {
    this.#write = write;
    this.#metrics = metrics;
  }

  /** Whether the last line could not be written. */
  get failing(): boolean {
    return this.#failing;
  }

  /** Writes a line. Returns false when it could not be written, which is also counted. */
  #keep(line: object): boolean {
    try {
      this.#write(line);
      this.#failing = false;
      return true;
    } catch {
      this.#failing = true;
      this.#metrics.auditFailure();
      return false;
    }
  }

  #line(event: string, c: Ctx, details: object): boolean {
    const traceId = c.get('traceId');
    const address = remoteAddress(c);
    const ids = {
      requestId: c.get('state').requestId,
      ...(traceId !== undefined && { traceId }),
      ...(address !== undefined && { remoteAddress: address }),
    };
    return this.#keep({ time: new Date().toISOString(), event, ...ids, ...details });
  }

  /**
   * Logs a failure of the server itself. The stack of an unexpected error appears in the log, and never in a response.
   */
  failure(c: Ctx, error: unknown): void {
    const { status, code, message } = problemOf(error);
    if (status < 500 || code === 'aborted') return;
    this.#line('error', c, {
      code,
      ...(code === 'internal' ? { stack: (error as Error).stack } : { detail: message, ...reasonOf(error) }),
    });
  }

  /** Logs a failure outside of any request, for example of the table's events. */
  trouble(error: unknown): void {
    const { code, message, stack } = problemOf(error);
    this.#keep({
      time: new Date().toISOString(),
      event: 'error',
      code,
      detail: message,
      ...(code === 'internal' && { stack: (error as Error).stack ?? stack }),
    });
  }

  /** Logs a rejected request. */
  refusal(c: Ctx, operation: Operation, error: unknown): void {
    this.countRefusal(error);
    const details = { operation: operation.id, code: problemOf(error).code, ...reasonOf(error) };
    this.#line('refused', c, { ...principalOf(c), ...details });
  }

  /** Counts a rejected request without logging it. */
  countRefusal(error: unknown): void {
    this.#metrics.refusal(problemOf(error).code);
  }

  /** Logs the number of rejected requests of one address that were not logged individually. */
  refusals(summary: RefusalSummary): void {
    this.#keep({ time: new Date().toISOString(), event: 'refused-summary', ...summary });
  }

  /** Logs a response that was sent: the caller, the operation, and the time it took. */
  access(c: Ctx, operation: string, status: number, milliseconds: number): void {
    const details = { operation, status, ms: Math.round(milliseconds * 1000) / 1000 };
    this.#line('access', c, { ...principalOf(c), method: c.req.method, ...details });
  }

  /** Logs a change that is about to start. Returns false when the line could not be written. */
  intent(c: Ctx, operation: Operation, principal: Principal, details: object): boolean {
    return this.#line('intent', c, { ...actor(operation, principal), ...details });
  }

  /** Logs a question about the past. Returns false when the line could not be written. */
  question(c: Ctx, operation: Operation, principal: Principal, details: object): boolean {
    return this.#line('question', c, { ...actor(operation, principal), ...details });
  }

  /** Logs a change that was made or failed. */
  change(c: Ctx, operation: Operation, principal: Principal, status: number, outcome: string, details: object): void {
    this.#metrics.audit(operation.id, outcome);
    this.#line('audit', c, { ...actor(operation, principal), status, outcome, ...details });
  }
}
