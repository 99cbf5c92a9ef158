import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Principal, Scope } from './scopes.js';

/** A token as a server keeps it: never the token, only its hash. */
export interface StoredToken {
  /** Who holds it: the audit log's name. */
  name: string;
  /** SHA-256 of the token, in hexadecimal (`hashToken`). */
  sha256: string;
  scopes: readonly Scope[];
}

/** SHA-256 of a token in hexadecimal: the tokens are 256 random bits, so no salt and no slow hash is needed. */
export const hashToken = (token: string): string => createHash('sha256').update(token).digest('hex');

/** A new token: `ct_` and 256 random bits in base64url. */
export const makeToken = (): string => `ct_${randomBytes(32).toString('base64url')}`;

/**
 * Finds the holder of a token. All stored hashes are compared, each in constant time, whichever of them fits.
 *
 * @throws TypeError for a stored hash that is not 64 hexadecimal digits.
 */
export function tokenFinder(tokens: readonly StoredToken[]): (token: string) => Principal | undefined {
  const stored = tokens.map(({ name, sha256, scopes }) => {
    if (!/^[0-9a-f]{64}$/i.test(sha256))
      throw new TypeError(`the hash of token '${name}' is not 64 hexadecimal digits`);
    return { hash: Buffer.from(sha256, 'hex'), principal: { name, scopes } };
  });
  return token => {
    const hash = createHash('sha256').update(token).digest();
    let found: Principal | undefined;
    for (const entry of stored) if (timingSafeEqual(hash, entry.hash)) found = entry.principal;
    return found;
  };
}
