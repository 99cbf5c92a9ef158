import { allOf, type Filter } from '@conntrack/filter';
import type { Scope } from './scope-names.js';

export { READ_SCOPES, SCOPES, type Scope } from './scope-names.js';

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
