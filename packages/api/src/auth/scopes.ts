import { allOf, type Filter } from '@conntrack/filter';

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

/** Who is asking. */
export interface Principal {
  /** The token's name, `admin`, `anonymous` or `unix-socket`: what the audit log says. */
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** What it is limited to: ANDed to all that it lists, counts, watches and changes. */
  readonly filter?: Filter;
  /** The network namespaces it may use, `.` for the server's own; all of them when absent. */
  readonly netns?: readonly string[];
}

/** A filter as it counts for a principal: ANDed with what the principal is limited to. A table from `Exchange.table` does so itself. */
export const constrained = (filter: Filter, principal: Principal): Filter =>
  principal.filter === undefined ? filter : allOf([principal.filter, filter]);
