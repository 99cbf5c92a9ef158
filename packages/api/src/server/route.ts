import { negotiate } from '../http/accept.js';
import { releaseBody } from '../http/body.js';
import type { Ctx } from '../http/context.js';
import type { Operation } from '../operations/operation.js';
import { authorize, callerOf, PUBLIC } from './authorize.js';
import { changeOnce } from './change-once.js';
import { RoutedExchange } from './exchange.js';
import { guarded } from './guarded.js';
import type { Services } from './services.js';

/** The handler of an operation. */
export function route(services: Services, operation: Operation): (c: Ctx) => Promise<Response> {
  const { tables, subscribers, rate } = services;
  // Lists choose among their formats themselves.
  const types = Object.keys(Object.values(operation.answers)[0]?.content ?? {});
  return guarded(
    services,
    async c => {
      const principal = await authorize(services, operation, c);
      const caller = callerOf(c, principal);
      if (principal !== PUBLIC) {
        c.set('principal', principal);
        c.set('caller', caller);
        c.set('rate', rate.take(caller));
      }
      const { outgoing } = c.env ?? {};
      // The answer is over, one way or the other, when the server closes it.
      if (operation.endless && outgoing !== undefined) outgoing.once('close', await subscribers.admit(caller));
      if (types.length === 1) negotiate(c.req.header('accept'), types);
      const netns = operation.netns ? c.req.param('netns')! : undefined;
      const served = netns === undefined ? tables.own : await tables.find(netns);
      const exchange = new RoutedExchange(c, principal, caller, served, services, operation);
      if (netns !== undefined) exchange.audit({ netns });
      if (!operation.mutation) return operation.handle(exchange);
      try {
        return await changeOnce(services, operation, exchange, exchange.details);
      } finally {
        // Of a repeated request nobody but the Idempotency-Key needed the body.
        releaseBody(c);
      }
    },
    operation,
  );
}
