import { hash, randomBytes } from 'node:crypto';

/** SHA-256 of a token in hexadecimal: the tokens are 256 random bits, so no salt and no slow hash is needed. */
export const hashToken = (token: string): string => hash('sha256', token);

/** A new token: `ct_` and 256 random bits in base64url. */
export const makeToken = (): string => `ct_${randomBytes(32).toString('base64url')}`;
