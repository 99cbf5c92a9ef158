/**
 * The HTTP API over a connection tracking table: `serve` starts a server, `createApp` makes the application alone.
 *
 * @module
 */
export type { AuthOptions } from './auth/authenticate.js';
export type { JsonWebKeySet, JwtAlgorithm, JwtOptions, JwtVerifier } from './auth/jwt.js';
export { jwtVerifier } from './auth/jwt.js';
export { constrained, type Principal, READ_SCOPES, SCOPES, type Scope } from './auth/scopes.js';
export { hashToken, makeToken } from './auth/secret.js';
export type { StoredToken } from './auth/tokens.js';
export type { EventLimits } from './events/event-limits.js';
export type { EventStats } from './events/event-stats.js';
export type { HostPolicy } from './http/guard/listener-rules.js';
export { PROBLEM_TYPE, type ProblemExtras } from './http/problem/problems.js';
export { boundHeapGrowth } from './limits/heap-growth.js';
export type { Limits } from './limits/limits.js';
export { createApp } from './server/app.js';
export type { AppOptions, SharedOptions } from './server/app-options.js';
export { DEFAULT_LISTEN } from './server/listen-address.js';
export { ListenError, type ListenErrorCode } from './server/listen-error.js';
export type { ConnectionLimits, ListenOptions } from './server/listener.js';
export { serve } from './server/serve.js';
export type { Renewal, RunningServer, ServeOptions } from './server/serve-options.js';
export type { PastTable, RecorderNumbers, ServedHistory } from './server/served-history.js';
export type { TableOfNetns } from './server/served-tables.js';
export type { CertificateHolder, TlsOptions } from './server/tls.js';
