import type { Ctx } from '../context.js';
import { VARY } from './headers.js';

/** Response headers that scripts of other origins may read, in addition to the CORS-safelisted ones. */
const EXPOSED =
  'Location, RateLimit, RateLimit-Policy, Retry-After, Server-Timing, X-Conntrack-Server, X-Request-Id, X-Total-Count';

/** The headers of this response: request id, server, time so far, and the caller's remaining requests. */
function ownHeaders(c: Ctx): Record<string, string> {
  const { requestId, server, begun, rate } = c.get('state');
  const headers: Record<string, string> = {
    'x-request-id': requestId,
    'x-conntrack-server': server,
    'server-timing': `total;dur=${(performance.now() - begun).toFixed(3)}`,
  };
  if (rate !== undefined) {
    headers['ratelimit-policy'] = rate['ratelimit-policy'];
    headers.ratelimit = rate.ratelimit;
  }
  const origin = c.get('origin');
  if (origin !== undefined) {
    headers['access-control-allow-origin'] = origin;
    headers['access-control-expose-headers'] = EXPOSED;
    headers['cross-origin-resource-policy'] = 'cross-origin';
    headers.vary = VARY;
  }
  return headers;
}

/** The headers of a response that is being created. To pass them at once costs a fraction of adding them later. */
export function answerHeaders(c: Ctx): Record<string, string> {
  c.get('state').hasOwnHeaders = true;
  return ownHeaders(c);
}

/** Adds the headers to a response that was created without them. */
export function addAnswerHeaders(c: Ctx, response: Response): void {
  if (c.get('state').hasOwnHeaders) return;
  const { outgoing } = c.env ?? {};
  // On a Node server they go directly to the outgoing message: reading `response.headers` would first build the
  // complete Response object.
  for (const [name, value] of Object.entries(ownHeaders(c)))
    if (outgoing === undefined) response.headers.set(name, value);
    else outgoing.setHeader(name, value);
}
