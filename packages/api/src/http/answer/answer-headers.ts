import type { Ctx } from '../context.js';
import { VARY } from './headers.js';

/** Headers that scripts of other origins may read besides those that all may. */
const EXPOSED =
  'Location, RateLimit, RateLimit-Policy, Retry-After, Server-Timing, X-Conntrack-Server, X-Request-Id, X-Total-Count';

/** Headers of a request's own: its id, how long it took until now, and what its principal has left. */
function ownHeaders(c: Ctx): Record<string, string> {
  const headers: Record<string, string> = {
    'x-request-id': c.get('requestId'),
    'x-conntrack-server': c.get('server'),
    'server-timing': `total;dur=${(performance.now() - c.get('begun')).toFixed(3)}`,
  };
  const rate = c.get('rate');
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

/** The same for an answer that is made in this moment: headers that are there from the start cost a fraction of those that are added. */
export function answerHeaders(c: Ctx): Record<string, string> {
  c.set('hasOwnHeaders', true);
  return ownHeaders(c);
}

/** Adds them to an answer that has none of them yet. */
export function addAnswerHeaders(c: Ctx, response: Response): void {
  if (c.get('hasOwnHeaders')) return;
  const { outgoing } = c.env ?? {};
  // On a Node server they go straight to the answer: asking for `headers` would make the response a whole one first.
  for (const [name, value] of Object.entries(ownHeaders(c)))
    if (outgoing === undefined) response.headers.set(name, value);
    else outgoing.setHeader(name, value);
}
