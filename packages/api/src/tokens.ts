/**
 * Tokens and scopes, without the server: `ctctl token` starts quickly because it loads this entry point only.
 *
 * @module
 */
export { READ_SCOPES, SCOPES, type Scope } from './auth/scope-names.js';
export { hashToken, makeToken } from './auth/secret.js';
