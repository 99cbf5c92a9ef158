/** All scopes: what a token can be allowed to do. */
export const SCOPES = [
  'flows:read',
  'flows:watch',
  'flows:create',
  'flows:update',
  'flows:delete',
  'flows:flush',
  'stats:read',
  'history:read',
] as const;

/** One scope of a token. */
export type Scope = (typeof SCOPES)[number];

/** The scopes of a request without a token, where anonymous reading is enabled. */
export const READ_SCOPES: readonly Scope[] = ['flows:read', 'flows:watch', 'stats:read'];
