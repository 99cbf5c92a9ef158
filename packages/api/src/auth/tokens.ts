import { hash, timingSafeEqual } from 'node:crypto';
import type { Filter } from '@conntrack/filter';
import { requireSource } from '@conntrack/filter/requirements';
import type { Principal, Scope } from './scopes.js';

/** A token as a server keeps it: never the token, only its hash. */
export interface StoredToken {
  /** Who holds it: the audit log's name. */
  name: string;
  /** SHA-256 of the token, in hexadecimal (`hashToken`). */
  sha256: string;
  scopes: readonly Scope[];
  /** What it is limited to: it sees and touches no other flow. */
  filter?: Filter;
  /** The network namespaces it may use, `.` for the server's own; all of them when absent. */
  netns?: readonly string[];
  /** From then on it is not known any more. */
  expires?: Date;
}

/** Characters that a token has at least: fewer can be guessed. */
const MIN_TOKEN = 16;

/** @throws TypeError for a token that can be guessed */
export function checkSecret(token: string): void {
  if (token.length < MIN_TOKEN)
    throw new TypeError(
      `the admin token has ${token.length} characters; the minimum is ${MIN_TOKEN}. Omit it to get a new token, or create one: ctctl token NAME`,
    );
}

/** Who a token turned out to be, and whether its time is over. */
export interface FoundToken {
  principal: Principal;
  expired: boolean;
}

/** The holder of a token; `undefined` when nobody holds it. */
export type TokenFinder = (token: string) => FoundToken | undefined;

/**
 * Finds the holder of a token. All stored hashes are compared, each in constant time, whichever of them fits.
 *
 * @throws TypeError for a stored hash that is not 64 hexadecimal digits, and for an `expires` that is not a time.
 * @throws FilterError for a filter over what flows have in events only: nothing would match.
 */
export function tokenFinder(tokens: readonly StoredToken[], now: () => number = Date.now): TokenFinder {
  const stored = tokens.map(({ name, sha256, expires, ...rest }) => {
    if (!/^[0-9a-f]{64}$/i.test(sha256))
      throw new TypeError(`the hash of token '${name}' must be 64 hexadecimal digits`);
    const until = expires?.getTime() ?? Number.POSITIVE_INFINITY;
    if (Number.isNaN(until)) throw new TypeError(`the expiry of token '${name}' must be a time`);
    if (rest.filter !== undefined) requireSource(rest.filter, { accounting: true, timestamps: true });
    return { hash: Buffer.from(sha256, 'hex'), principal: { name, ...rest }, until };
  });
  return token => {
    const digest = hash('sha256', token, 'buffer');
    let found: (typeof stored)[number] | undefined;
    for (const entry of stored) if (timingSafeEqual(digest, entry.hash)) found = entry;
    return found && { principal: found.principal, expired: found.until <= now() };
  };
}
