import { bodyText } from '../http/body/body.js';
import { guardConditions } from '../http/guard/guard.js';
import { fingerprintOf, type StoredAnswer } from '../http/idempotency.js';
import { problemOf } from '../http/problem/problem-of.js';
import { Problem, problemResponse } from '../http/problem/problems.js';
import type { Exchange, Operation } from '../operations/operation.js';
import { ownerOf } from '../plans/plan-store.js';
import type { Services } from './services.js';

/** Makes a change. Its audit line is written before its response is sent, whatever the outcome. */
async function audited(
  { log, auditRequired }: Services,
  operation: Operation,
  exchange: Exchange,
  details: object,
): Promise<Response> {
  const { c, principal } = exchange;
  try {
    guardConditions(c);
    // Without the intent line, nobody would know of a change whose outcome cannot be written.
    if (auditRequired && !operation.intends) exchange.intend();
    const response = await operation.handle(exchange);
    log.change(c, operation, principal, response.status, 'ok', details);
    return response;
  } catch (error) {
    const { status, code } = problemOf(error);
    log.change(c, operation, principal, status, code, details);
    throw error;
  }
}

/** Statuses of requests that changed nothing and may be repeated with the same key. */
const UNDONE: ReadonlySet<number> = new Set([401, 403, 408, 429, 499, 500, 503]);

/** Whether a failed request changed nothing. A change that was stopped halfway has a result. */
const didNothing = ({ status, extras }: Problem): boolean => UNDONE.has(status) && extras.result === undefined;

async function storedOf(response: Response): Promise<StoredAnswer> {
  const body = await response.clone().text();
  const { headers, status } = response;
  const kept = ['content-type', 'location', 'cache-control'].flatMap(name => {
    const value = headers.get(name);
    return value === null ? [] : [[name, value] as const];
  });
  return { status, headers: Object.fromEntries(kept), body };
}

/**
 * Explains why a streamed body does not work with an `Idempotency-Key`: to compare requests, the body has to be read
 * first.
 */
function unkeyed(error: unknown): Problem {
  const { code, message } = problemOf(error);
  return new Problem(code, `with an Idempotency-Key, ${message}; omit the key: a restore can be repeated without one`);
}

/** Makes a change. If its `Idempotency-Key` was used before, returns the first response instead. */
export async function changeOnce(
  services: Services,
  operation: Operation,
  exchange: Exchange,
  details: object,
): Promise<Response> {
  const { changes, idempotency, log } = services;
  const { c, principal, base, requestId } = exchange;
  const act = (): Promise<Response> => changes.run(() => audited(services, operation, exchange, details));
  const key = c.req.header('idempotency-key');
  if (key === undefined) return act();
  const { pathname, search } = new URL(c.req.url);
  const text = await bodyText(c, { bounded: !operation.streamed }).catch(error => {
    throw operation.streamed ? unkeyed(error) : error;
  });
  const fingerprint = fingerprintOf(c.req.method, pathname + search, text);
  let own: Response | undefined;
  const { answer, replayed } = await idempotency.once(`${base}\n${ownerOf(principal)}`, key, fingerprint, async () => {
    let problem: Problem | undefined;
    own = await act().catch(error => {
      log.failure(c, error);
      problem = problemOf(error);
      return problemResponse(problem, requestId, services.basePath);
    });
    return problem !== undefined && didNothing(problem) ? undefined : storedOf(own);
  });
  if (!replayed) return own!;
  const { status, headers, body } = answer!;
  return new Response(status === 204 ? null : body, {
    status,
    headers: { ...headers, 'idempotency-replayed': 'true' },
  });
}
