import { checkKeys, type OptionKeys } from '@conntrack/flow/checks';
import type { AuthOptions } from '../auth/authenticate.js';
import type { JwtOptions } from '../auth/jwt.js';
import { EVENT_LIMITS } from '../events/event-limits.js';
import type { Limits } from '../limits/limits.js';
import type { AppOptions, SharedOptions } from './app-options.js';
import { CONNECTION_LIMITS, type ListenOptions } from './listener.js';
import type { ServeOptions } from './serve-options.js';

const AUTH: OptionKeys<AuthOptions> = { tokens: 0, fallback: 0, now: 0, jwt: 0 };
const JWT: OptionKeys<JwtOptions> = {
  issuer: 0,
  audience: 0,
  jwks: 0,
  algorithms: 0,
  clockTolerance: 0,
  claims: 0,
  scopes: 0,
  filter: 0,
  netns: 0,
};
const CLAIMS: OptionKeys<NonNullable<JwtOptions['claims']>> = { name: 0, scopes: 0, filter: 0, netns: 0 };
const LISTEN: OptionKeys<ListenOptions> = { address: 0, mode: 0, scopes: 0, tls: 0 };
const LIMITS: OptionKeys<Limits> = {
  maxAffected: 0,
  restoreBytes: 0,
  restoreTime: 0,
  restoreRate: 0,
  restoreBadLines: 0,
  stall: 0,
  plansPerPrincipal: 0,
  dumps: 0,
  dumpsPerPrincipal: 0,
  dumpWait: 0,
  subscribers: 0,
  subscribersPerPrincipal: 0,
  requests: 0,
  window: 0,
  refusals: 0,
  refusalLines: 0,
};
const keysOf = (values: object): Readonly<Record<string, 0>> =>
  Object.fromEntries(Object.keys(values).map(name => [name, 0]));

const SHARED: OptionKeys<SharedOptions> = {
  table: 0,
  netns: 0,
  origins: 0,
  readOnly: 0,
  console: 0,
  log: 0,
  auditRequired: 0,
  accessLog: 0,
  node: 0,
  netnsNames: 0,
  limits: 0,
  eventLimits: 0,
  reloads: 0,
  basePath: 0,
  history: 0,
};
const APP: OptionKeys<AppOptions> = {
  ...SHARED,
  auth: 0,
  hosts: 0,
  listening: 0,
  closing: 0,
  changes: 0,
  openTelemetry: 0,
};
const SERVE: OptionKeys<ServeOptions> = {
  ...SHARED,
  listen: 0,
  anonymous: ['none', 'read'],
  tokens: 0,
  adminToken: 0,
  hosts: 0,
  trustedProxies: 0,
  jwt: 0,
  signal: 0,
  grace: 0,
  connections: 0,
};

function checkLimits(call: string, { limits, eventLimits }: Pick<ServeOptions, 'limits' | 'eventLimits'>): void {
  checkKeys(`${call}: limits`, limits, LIMITS);
  checkKeys(`${call}: eventLimits`, eventLimits, keysOf(EVENT_LIMITS));
}

/**
 * Rejects unknown options of `createApp`: a misspelled limit or token list would not limit anything.
 *
 * @throws OptionsError
 */
export function checkAppOptions(options: AppOptions): void {
  checkKeys('createApp', options, APP);
  checkKeys('createApp: auth', options.auth, AUTH);
  checkLimits('createApp', options);
}

/** Rejects unknown options of `serve`. @throws OptionsError */
export function checkServeOptions(options: ServeOptions): void {
  checkKeys('serve', options, SERVE);
  checkKeys('serve: jwt', options.jwt, JWT);
  checkKeys('serve: jwt: claims', options.jwt?.claims, CLAIMS);
  for (const listen of [options.listen ?? []].flat())
    if (typeof listen === 'object') checkKeys('serve: listen', listen as ListenOptions, LISTEN);
  checkLimits('serve', options);
  checkKeys('serve: connections', options.connections, keysOf(CONNECTION_LIMITS));
}
