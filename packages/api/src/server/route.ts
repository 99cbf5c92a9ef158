import type { Principal } from '../auth/scopes.js';
import { negotiate } from '../http/answer/accept.js';
import { whenOver } from '../http/answer/response-end.js';
import { releaseBody } from '../http/body/body.js';
import type { Ctx } from '../http/context.js';
import { requestHeader } from '../http/request-header.js';
import type { Operation } from '../operations/operation.js';
import { authorize, callerOf, PUBLIC } from './authorize.js';
import { changeOnce } from './change-once.js';
import { RoutedExchange } from './exchange.js';
import { guarded } from './guarded.js';
import type { ServedTable } from './served-tables.js';
import type { Services } from './services.js';

/**
 * Makes the handler of an operation. It avoids unnecessary waiting: most responses are sent in the same turn of the
 * event loop as their request arrived.
 */
export function route(services: Services, operation: Operation): (c: Ctx) => Response | Promise<Response> {
  const { tables, subscribers, rate } = services;
  // Lists choose among their formats themselves.
  const types = Object.keys(Object.values(operation.answers)[0]?.content ?? {});

  const change = async (exchange: RoutedExchange): Promise<Response> => {
    try {
      return await changeOnce(services, operation, exchange, exchange.details);
    } finally {
      // A repeated request needs its body only for the Idempotency-Key.
      releaseBody(exchange.c);
    }
  };

  const handle = (c: Ctx, principal: Principal, caller: string, served: ServedTable): Response | Promise<Response> => {
    const exchange = new RoutedExchange(c, principal, caller, served, services, operation);
    if (served.netns !== '') exchange.audit({ netns: served.netns });
    return operation.mutation ? change(exchange) : operation.handle(exchange);
  };

  const admit = (c: Ctx, principal: Principal): Response | Promise<Response> => {
    const caller = callerOf(c, principal);
    if (principal !== PUBLIC) {
      c.set('caller', caller);
      c.get('state').rate = rate.take(caller);
    }
    const { outgoing } = c.env ?? {};
    if (operation.endless)
      return subscribers.admit(caller).then(async leave => {
        // The response is over when the connection's response closes, for whatever reason.
        outgoing?.once('close', leave);
        if (outgoing !== undefined) return choose(c, principal, caller);
        try {
          return whenOver(await choose(c, principal, caller), leave);
        } catch (error) {
          leave();
          throw error;
        }
      });
    return choose(c, principal, caller);
  };

  const choose = (c: Ctx, principal: Principal, caller: string): Response | Promise<Response> => {
    if (types.length === 1) negotiate(requestHeader(c, 'accept'), types);
    if (!operation.netns) return handle(c, principal, caller, tables.own);
    return tables.find(c.req.param('netns')!).then(served => handle(c, principal, caller, served));
  };

  return guarded(
    services,
    c => {
      const principal = authorize(services, operation, c);
      return principal instanceof Promise ? principal.then(known => admit(c, known)) : admit(c, principal);
    },
    operation,
  );
}
