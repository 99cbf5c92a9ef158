/**
 * Options of `serve`, and the checks of their parts, for programs that read these options from a file. Loads no HTTP
 * server.
 *
 * @module
 */

export { isKeyUrl, type JsonWebKeySet, JWT_ALGORITHMS, type JwtOptions } from './auth/jwt.js';
export { SCOPES } from './auth/scopes.js';
export type { StoredToken } from './auth/tokens.js';
export { BASE_PATH_EXPECTED, isBasePath } from './http/guard/base-path.js';
export { DEFAULT_LISTEN, readListen } from './server/listen-address.js';
export type { ListenOptions } from './server/listener.js';
export type { Renewal, ServeOptions } from './server/serve-options.js';
export { type CertificateHolder, checkTls, type TlsOptions } from './server/tls.js';
