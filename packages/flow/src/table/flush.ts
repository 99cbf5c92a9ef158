import type { Family } from '../address/family.js';
import type { BulkResult } from './bulk.js';
import { TableError } from './errors.js';

/**
 * The entries that a flush deletes: all of them (this must be said explicitly), or those of a family, of a zone (of both directions, or of
 * one) or with a mark.
 */
export type TableFlushScope =
  | { all: true }
  | { all?: undefined; family?: Family; zone?: number; mark?: number; markMask?: number };

/** The result of a flush that deleted flows one by one. */
export type FlushResult = Pick<BulkResult, 'matched' | 'changed' | 'gone' | 'failed' | 'skipped'>;

const FIELDS: ReadonlySet<string> = /* @__PURE__ */ new Set(['family', 'zone', 'mark', 'markMask']);

const refuse = (why: string): never => {
  throw new TableError('INVALID_CHANGE', `${why}; nothing was flushed`);
};

/** Refuses a scope that selects nothing, because such a flush would empty the whole table. @throws TableError INVALID_CHANGE */
export function checkFlushScope(scope: TableFlushScope): void {
  const given = Object.entries(scope).filter(([, value]) => value !== undefined);
  if (scope.all === true) {
    if (given.length > 1) refuse('a flush of the whole table takes no condition');
    return;
  }
  const strange = given.find(([name]) => !FIELDS.has(name));
  if (strange !== undefined) refuse(`cannot flush by '${strange[0]}'`);
  if (given.length === 0) refuse('a flush of the whole table must be confirmed: { all: true }');
  const { family, mark, markMask } = scope;
  if (family !== undefined && family !== 'ipv4' && family !== 'ipv6') refuse(`unknown family '${String(family)}'`);
  if (markMask !== undefined && mark === undefined) refuse('a mark mask requires a mark');
  if (markMask === 0) refuse('a mark with mask 0 matches every mark');
}
