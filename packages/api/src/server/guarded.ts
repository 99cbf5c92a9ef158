import { randomUUID } from 'node:crypto';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { addAnswerHeaders } from '../http/answer/answer-headers.js';
import type { Ctx } from '../http/context.js';
import { guardHost, guardOrigin, guardPath, guardUrl } from '../http/guard/guard.js';
import { problemOf } from '../http/problem/problem-of.js';
import { Problem, problemResponse } from '../http/problem/problems.js';
import { requestHeader } from '../http/request-header.js';
import { traceIdOf } from '../observe/tracing.js';
import type { Operation } from '../operations/operation.js';
import type { Services } from './services.js';

/** A client's own request id is used if it is safe in a log. */
const REQUEST_ID = /^[\w.:-]{1,64}$/;

/**
 * Wraps a handler with the guards, and turns every error into a problem response. It is one function instead of a chain
 * of middleware, because a look-up by key takes only microseconds.
 */
export function guarded(
  { hosts, origins, log, metrics, tracing, closing, accessLog, header, basePath }: Services,
  act: (c: Ctx) => Response | Promise<Response>,
  operation?: Operation,
): (c: Ctx) => Response | Promise<Response> {
  const failed = (c: Ctx, requestId: string, error: unknown): Response => {
    // Nobody reads this response. It is for logs and metrics, where it must not look like a failure of the server.
    if (clientLeft(c) && closing?.aborted !== true)
      return problemResponse(new Problem('client-left', 'the client closed the connection'), requestId, basePath);
    log.failure(c, error);
    return problemResponse(problemOf(error), requestId, basePath);
  };
  const answer = (c: Ctx, requestId: string): Response | Promise<Response> => {
    try {
      guardHost(c, c.env?.listenerRules ? c.env.listenerRules.hosts : hosts);
      guardPath(c);
      guardOrigin(c, origins);
      guardUrl(c);
      const response = act(c);
      return response instanceof Promise ? response.catch(error => failed(c, requestId, error)) : response;
    } catch (error) {
      return failed(c, requestId, error);
    }
  };
  const finish = (c: Ctx, begun: number, response: Response): Response => {
    const milliseconds = performance.now() - begun;
    metrics.request(operation?.id ?? 'none', response.status, milliseconds / 1000);
    if (accessLog) log.access(c, operation?.id ?? 'none', response.status, milliseconds);
    // A stream has already sent its headers.
    if (response !== RESPONSE_ALREADY_SENT) addAnswerHeaders(c, response);
    return response;
  };
  return c => {
    const begun = performance.now();
    const asked = requestHeader(c, 'x-request-id');
    const requestId = asked !== undefined && REQUEST_ID.test(asked) ? asked : randomUUID();
    c.set('state', { begun, requestId, server: header, rate: undefined, hasOwnHeaders: false });
    if (operation !== undefined) c.set('operation', operation);
    const traceId = traceIdOf(c);
    if (traceId !== undefined) c.set('traceId', traceId);
    const response = tracing === undefined ? answer(c, requestId) : tracing(c, () => answer(c, requestId));
    return response instanceof Promise ? response.then(known => finish(c, begun, known)) : finish(c, begun, response);
  };
}

/** Whether the connection was closed before the response was complete. */
function clientLeft(c: Ctx): boolean {
  const outgoing = c.env?.outgoing;
  return outgoing === undefined ? c.req.raw.signal.aborted : outgoing.destroyed && !outgoing.writableFinished;
}
