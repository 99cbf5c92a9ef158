import { requireScope } from '../auth/authenticate.js';
import type { Principal } from '../auth/scopes.js';
import type { Ctx } from '../http/context.js';
import { remoteAddress } from '../http/guard/remote-address.js';
import { problemOf } from '../http/problem/problem-of.js';
import { Problem } from '../http/problem/problems.js';
import { isOfTable } from '../operations/namespaced.js';
import type { Operation } from '../operations/operation.js';
import type { Services } from './services.js';

/** The principal of a request to a route without authentication. */
export const PUBLIC: Principal = { name: 'public', scopes: [] };

/** The name that limits count for: the principal, or the address of an anonymous caller. */
export function callerOf(c: Ctx, { name }: Principal): string {
  const address = name === 'anonymous' ? remoteAddress(c) : undefined;
  return address === undefined ? name : `${name} at ${address}`;
}

/**
 * Finds the principal and checks its access. Returns a promise only if a token's signature has to be verified.
 *
 * @throws Problem
 */
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

/** Checks that the principal may use the operation. @throws Problem */
function permitted(known: Principal | undefined, operation: Operation, c: Ctx): Principal {
  const { access } = operation;
  // A rejected principal is named in the log, too.
  if (known !== undefined) c.set('principal', known);
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

/** Logs and counts a rejected request. @throws the problem of the response */
function refuse({ log, refusals }: Services, operation: Operation, c: Ctx, error: unknown): never {
  const { status } = problemOf(error);
  // A failure of the server is not a rejection.
  if (status >= 500) throw error;
  const { logged, problem } = refusals.note(remoteAddress(c), problemOf(error).code);
  if (logged) log.refusal(c, operation, error);
  else log.countRefusal(error);
  throw problem ?? error;
}
