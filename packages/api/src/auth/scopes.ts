import { allOf, type Filter } from '@conntrack/filter';
import type { Scope } from './scope-names.js';

export { READ_SCOPES, SCOPES, type Scope } from './scope-names.js';

/** Who sends a request, and what the sender may do. */
export interface Principal {
  /** The name in the audit log: the token's name, `admin`, `anonymous` or `unix-socket`. */
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** A limit, ANDed to every filter: the principal lists, counts, watches and changes only flows that match it. */
  readonly filter?: Filter;
  /** The network namespaces that the principal may use; `.` is the server's own. Default: all. */
  readonly netns?: readonly string[];
}

/** A filter ANDed with the principal's limit. A table from `Exchange.table` already applies the limit. */
export const constrained = (filter: Filter, principal: Principal): Filter =>
  principal.filter === undefined ? filter : allOf([principal.filter, filter]);
