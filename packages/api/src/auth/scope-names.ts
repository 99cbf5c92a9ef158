/** What a token can be allowed to do. */
export const SCOPES = [
  'flows:read',
  'flows:watch',
  'flows:create',
  'flows:update',
  'flows:delete',
  'flows:flush',
  'stats:read',
] as const;

/** One permission of a token. */
export type Scope = (typeof SCOPES)[number];

/** What a request without a token may do where anonymous reading is on. */
export const READ_SCOPES: readonly Scope[] = ['flows:read', 'flows:watch', 'stats:read'];
