import { hash, timingSafeEqual } from 'node:crypto';
import type { Filter } from '@conntrack/filter';
import { requireSource } from '@conntrack/filter/requirements';
import type { Principal, Scope } from './scopes.js';

/** A token as the server stores it: its hash, never the token itself. */
export interface StoredToken {
  /** The holder's name, for the audit log. */
  name: string;
  /** The SHA-256 of the token in hexadecimal (see `hashToken`). */
  sha256: string;
  scopes: readonly Scope[];
  /** A limit: the token lists, counts, watches and changes only flows that match it. */
  filter?: Filter;
  /** The network namespaces that the token may use; `.` is the server's own. Default: all. */
  netns?: readonly string[];
  /** The token is rejected from this time on. Default: it never expires. */
  expires?: Date;
}

/** Minimum length of the admin token: shorter ones can be guessed. */
const MIN_TOKEN = 16;

/** Rejects a token that can be guessed. @throws TypeError */
export function checkSecret(token: string): void {
  if (token.length < MIN_TOKEN)
    throw new TypeError(
      `the admin token has ${token.length} characters; the minimum is ${MIN_TOKEN}. Omit it to get a new token, or create one: ctctl token NAME`,
    );
}

/** The holder of a token, and whether the token has expired. */
export interface FoundToken {
  principal: Principal;
  expired: boolean;
}

/**
 * Finds the holder of a token. Returns `undefined` for an unknown token.
 *
 * @param connection the connection that the token came by: its next request usually has the same token
 */
export type TokenFinder = (token: string, connection?: object) => FoundToken | undefined;

/**
 * Makes a function that finds a token's holder. It compares all stored hashes, each in constant time, even after a
 * match. A token that its connection has presented before is found by comparing the two: who has sent it learns nothing
 * from the time that this takes.
 *
 * @throws TypeError for a hash that is not 64 hexadecimal digits, and for an invalid `expires`
 * @throws FilterError for a filter over event-only fields, which would match nothing
 */
export function tokenFinder(tokens: readonly StoredToken[], now: () => number = Date.now): TokenFinder {
  const stored = tokens.map(({ name, sha256, expires, ...rest }) => {
    if (!/^[0-9a-f]{64}$/i.test(sha256))
      throw new TypeError(`the hash of token '${name}' must be 64 hexadecimal digits`);
    const until = expires?.getTime() ?? Number.POSITIVE_INFINITY;
    if (Number.isNaN(until)) throw new TypeError(`the expiry of token '${name}' must be a valid date`);
    if (rest.filter !== undefined) requireSource(rest.filter, { accounting: true, timestamps: true, fleet: true });
    return { hash: Buffer.from(sha256, 'hex'), principal: { name, ...rest }, until };
  });
  type Entry = (typeof stored)[number];
  const search = (token: string): Entry | undefined => {
    const digest = hash('sha256', token, 'buffer');
    let found: Entry | undefined;
    for (const entry of stored) if (timingSafeEqual(digest, entry.hash)) found = entry;
    return found;
  };
  const latest = new WeakMap<object, { token: string; entry: Entry }>();
  return (token, connection) => {
    const before = connection && latest.get(connection);
    const entry = before?.token === token ? before.entry : search(token);
    if (entry === undefined) return undefined;
    if (connection !== undefined && entry !== before?.entry) latest.set(connection, { token, entry });
    return { principal: entry.principal, expired: entry.until <= now() };
  };
}
