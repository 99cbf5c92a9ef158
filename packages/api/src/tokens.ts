// What makes a token, without the server: `ctctl token` starts as fast as any other verb.
export { READ_SCOPES, SCOPES, type Scope } from './auth/scope-names.js';
export { hashToken, makeToken } from './auth/secret.js';
