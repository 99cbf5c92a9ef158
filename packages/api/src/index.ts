export { type AppOptions, createApp } from './app.js';
export type { EventLimits } from './events/event-limits.js';
export type { EventStats } from './events/event-stats.js';
export { FlowIndex } from './events/flow-index.js';
export type {
  BookmarkRecord,
  ByeRecord,
  EventRecord,
  FlowRecord,
  GapPlace,
  GapRecord,
  ResyncRecord,
  SnapshotRecord,
} from './events/records.js';
export type { AuthOptions } from './http/auth.js';
export type { HostPolicy } from './http/guard.js';
export type { JsonWebKeySet, JwtAlgorithm, JwtOptions, JwtVerifier } from './jwt.js';
export { jwtVerifier } from './jwt.js';
export type { Limits } from './operation.js';
export { type Fault, PROBLEM_TYPE, PROBLEMS, type ProblemCode, type ProblemExtras } from './problems.js';
export type { TableOfNetns } from './realms.js';
export { constrained, type Principal, READ_SCOPES, SCOPES, type Scope } from './scopes.js';
export { DEFAULT_LISTEN } from './server/listen-address.js';
export { ListenError, type ListenErrorCode } from './server/listen-error.js';
export type { ConnectionLimits, ListenOptions } from './server/listener.js';
export { type Renewal, type RunningServer, type ServeOptions, serve } from './server/serve.js';
export type { CertificateHolder, TlsOptions } from './server/tls.js';
export { hashToken, makeToken, type StoredToken } from './tokens.js';
