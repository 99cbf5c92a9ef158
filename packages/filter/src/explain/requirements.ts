import { type Filter, testsOf } from '../language/ast.js';
import type { Requirement } from '../language/field.js';
import { fieldOf } from '../language/field-table.js';
import { FilterError, type FilterIssue, snippetOf } from '../parse/issue.js';
import { printSpans } from '../print/print-expression.js';

/** What a source may lack, and what turns it on. */
export const REQUIREMENTS: Readonly<Record<Requirement, { readonly sysctl?: string; readonly missing: string }>> = {
  accounting: {
    sysctl: 'net.netfilter.nf_conntrack_acct',
    missing:
      'needs counters, and accounting is off: sysctl net.netfilter.nf_conntrack_acct=1 turns it on for new connections',
  },
  timestamps: {
    sysctl: 'net.netfilter.nf_conntrack_timestamp',
    missing:
      'needs timestamps, and they are off: sysctl net.netfilter.nf_conntrack_timestamp=1 turns them on for new connections',
  },
  events: { missing: 'stands in event streams only' },
};

/** What a filter needs of its source. */
export const requirementsOf = (filter: Filter): Set<Requirement> =>
  new Set(Array.from(testsOf(filter), test => fieldOf(test.field).requires).filter(need => need !== undefined));

/**
 * The tests that a source cannot answer: `bytes` without accounting is a fault that names the sysctl, never an empty answer. Places
 * are those of the canonical expression, which the snippets show.
 */
export function unavailableIn(filter: Filter, provides: { readonly [Need in Requirement]?: boolean }): FilterIssue[] {
  const { text, spans } = printSpans(filter);
  return [...spans].flatMap(([test, [start, end]]): FilterIssue[] => {
    const need = fieldOf(test.field).requires;
    if (need === undefined || provides[need] === true) return [];
    const message = `${test.field} ${REQUIREMENTS[need].missing}`;
    const length = end - start;
    return [{ code: 'unavailable', message, offset: start, length, snippet: snippetOf(text, start, length, message) }];
  });
}

/** Throws what {@link unavailableIn} finds. @throws {FilterError} */
export function requireSource(filter: Filter, provides: { readonly [Need in Requirement]?: boolean }): void {
  const issues = unavailableIn(filter, provides);
  if (issues.length > 0) throw new FilterError(issues);
}
