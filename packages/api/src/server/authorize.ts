import { requireScope } from '../auth/authenticate.js';
import type { Principal } from '../auth/scopes.js';
import type { Ctx } from '../http/context.js';
import { remoteAddress } from '../http/guard/remote-address.js';
import { problemOf } from '../http/problem/problem-of.js';
import { Problem } from '../http/problem/problems.js';
import { isOfTable } from '../operations/namespaced.js';
import type { Operation } from '../operations/operation.js';
import type { Services } from './services.js';

/** Who calls a route that asks nobody. */
export const PUBLIC: Principal = { name: 'public', scopes: [] };

/** Whom limits count for: a principal, and without a token an address. */
export function callerOf(c: Ctx, { name }: Principal): string {
  const address = name === 'anonymous' ? remoteAddress(c) : undefined;
  return address === undefined ? name : `${name} at ${address}`;
}

/** Who calls, when they may; as a promise where it takes a while to know (the signature of a token). @throws Problem */
export function authorize(services: Services, operation: Operation, c: Ctx): Principal | Promise<Principal> {
  if (operation.access === 'public') return PUBLIC;
  try {
    const principal = services.authenticate(c);
    if (!(principal instanceof Promise)) return permitted(principal, operation, c);
    return principal
      .then(known => permitted(known, operation, c))
      .catch(error => refuse(services, operation, c, error));
  } catch (error) {
    return refuse(services, operation, c, error);
  }
}

/** The principal, when the operation is open to it. @throws Problem */
function permitted(known: Principal | undefined, operation: Operation, c: Ctx): Principal {
  const { access } = operation;
  const principal = requireScope(known, access === 'any' || access === 'public' ? undefined : access);
  for (const scope of operation.also ?? []) requireScope(principal, scope);
  if (operation.whole && principal.filter !== undefined)
    throw new Problem(
      'outside',
      `the token of '${principal.name}' is limited to some flows, but this request is about the whole table`,
    );
  if (principal.netns !== undefined && isOfTable(operation)) {
    const netns = operation.netns ? c.req.param('netns')! : '.';
    if (!principal.netns.includes(netns))
      throw new Problem(
        'scope-missing',
        `the token of '${principal.name}' is for ${principal.netns.length === 0 ? 'no network namespace' : `the network namespaces ${principal.netns.join(', ')}`}, and not for '${netns.slice(0, 64)}'`,
      );
  }
  return principal;
}

/** Notes that somebody was turned away. @throws what the answer says */
function refuse({ log, refusals }: Services, operation: Operation, c: Ctx, error: unknown): never {
  const { status } = problemOf(error);
  // Nobody was turned away.
  if (status >= 500) throw error;
  const { logged, problem } = refusals.note(remoteAddress(c), problemOf(error).code);
  if (logged) log.refusal(c, operation, error);
  else log.countRefusal(error);
  throw problem ?? error;
}
