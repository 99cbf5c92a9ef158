import { hash, randomBytes } from 'node:crypto';

/** The SHA-256 of a token in hexadecimal. No salt or slow hash is needed: a token has 256 random bits. */
export const hashToken = (token: string): string => hash('sha256', token);

/** Makes a new token: `ct_` and 256 random bits in base64url. */
export const makeToken = (): string => `ct_${randomBytes(32).toString('base64url')}`;
