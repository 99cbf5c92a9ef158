import { printQuery } from '@conntrack/filter/print';
import type { Principal } from '../auth/scopes.js';
import type { Ctx } from '../http/context.js';
import { remoteAddress } from '../http/guard/remote-address.js';
import { problemOf } from '../http/problem/problem-of.js';
import { Problem, type ProblemCode } from '../http/problem/problems.js';
import type { RefusalSummary } from '../limits/refusals.js';
import type { Operation } from '../operations/operation.js';
import type { Metrics } from './metrics.js';

/** Who does what, and within which limits. */
const actor = ({ id }: Operation, { name, filter }: Principal): object => ({
  principal: name,
  operation: id,
  ...(filter !== undefined && { within: printQuery(filter) }),
});

/** Why a problem came about, where its answer does not say so. */
const reasonOf = (error: unknown): object =>
  error instanceof Problem && REASONED.has(error.code) && error.cause instanceof Error
    ? { reason: error.cause.message }
    : {};
const REASONED: ReadonlySet<ProblemCode> = new Set(['unauthenticated', 'keys-unavailable']);

/** The lines that a server leaves: plain objects, each with time, event, request id and the address that asked. Never a token, never a raw query. */
export class ServerLog {
  readonly #write: (line: object) => void;
  readonly #metrics: Metrics;
  #failing = false;

  /** @param write keeps a line; it throws when it cannot */
  constructor(write: (line: object) => void, metrics: Metrics) {
    this.#write = write;
    this.#metrics = metrics;
  }

  /** Whether the last line of a change could not be kept. */
  get failing(): boolean {
    return this.#failing;
  }

  /** Writes a line. False: it could not be kept, which is counted. */
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
      requestId: c.get('requestId'),
      ...(traceId !== undefined && { traceId }),
      ...(address !== undefined && { remoteAddress: address }),
    };
    return this.#keep({ time: new Date().toISOString(), event, ...ids, ...details });
  }

  /** A failure that is the server's own. What nobody foresaw comes with its stack: here, and in no answer. */
  failure(c: Ctx, error: unknown): void {
    const { status, code, message } = problemOf(error);
    if (status < 500 || code === 'aborted') return;
    this.#line('error', c, {
      code,
      ...(code === 'internal' ? { stack: (error as Error).stack } : { detail: message, ...reasonOf(error) }),
    });
  }

  /** The same of what no request asked for: the events of the table. */
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

  /** A caller who may not. */
  refusal(c: Ctx, operation: Operation, error: unknown): void {
    this.countRefusal(error);
    this.#line('refused', c, { operation: operation.id, code: problemOf(error).code, ...reasonOf(error) });
  }

  /** A refusal without a line of its own. */
  countRefusal(error: unknown): void {
    this.#metrics.refusal(problemOf(error).code);
  }

  /** The refusals of one address that had no lines of their own. */
  refusals(summary: RefusalSummary): void {
    this.#keep({ time: new Date().toISOString(), event: 'refused-more', ...summary });
  }

  /** An answer that has left: who asked what, and how long it took. */
  access(c: Ctx, operation: string, status: number, milliseconds: number): void {
    const principal = c.get('principal')?.name;
    const details = { operation, status, ms: Math.round(milliseconds * 1000) / 1000 };
    this.#line('access', c, { ...(principal !== undefined && { principal }), method: c.req.method, ...details });
  }

  /** A change that is about to begin. False: the line could not be kept. */
  intent(c: Ctx, operation: Operation, principal: Principal, details: object): boolean {
    return this.#line('intent', c, { ...actor(operation, principal), ...details });
  }

  /** A change, done or failed. */
  change(c: Ctx, operation: Operation, principal: Principal, status: number, outcome: string, details: object): void {
    this.#metrics.audit(operation.id, outcome);
    this.#line('audit', c, { ...actor(operation, principal), status, outcome, ...details });
  }
}
