import { type Filter, type Test, testsOf } from '../language/ast.js';
import type { Requirement } from '../language/field.js';
import { type FieldName, fieldOf } from '../language/field-table.js';
import { FilterError, type FilterIssue, snippetOf } from '../parse/issue.js';
import { printSpans } from '../print/print-expression.js';

/** What a source may not record, and the setting that turns it on. */
export const REQUIREMENTS: Readonly<Record<Requirement, { readonly sysctl?: string; readonly missing: string }>> = {
  accounting: {
    sysctl: 'net.netfilter.nf_conntrack_acct',
    missing:
      'requires counters, but accounting is off. sysctl net.netfilter.nf_conntrack_acct=1 enables it for new connections',
  },
  timestamps: {
    sysctl: 'net.netfilter.nf_conntrack_timestamp',
    missing:
      'requires timestamps, but they are off. sysctl net.netfilter.nf_conntrack_timestamp=1 enables them for new connections',
  },
  index: { missing: 'is measured by an index: only reads of a table with an index have it (--index)' },
  rates: {
    sysctl: 'net.netfilter.nf_conntrack_acct',
    missing:
      'is measured by an index: only reads of a table with an index have it (--index), and counters. sysctl net.netfilter.nf_conntrack_acct=1 enables them for new connections',
  },
  events: { missing: 'is available in event streams only' },
  fleet: {
    missing: 'names a host of a fleet, and this table is of one host',
  },
};

/** Returns what a filter needs from its source. */
export const requirementsOf = (filter: Filter): Set<Requirement> =>
  new Set(Array.from(testsOf(filter), test => fieldOf(test.field).requires).filter(need => need !== undefined));

/** A test that a source cannot answer. */
export interface UnavailableIssue extends FilterIssue {
  /** The field that the source does not record. */
  readonly field: FieldName;
  /** The sysctl that turns recording on, if there is one. */
  readonly sysctl?: string;
}

/** Makes issues about tests of a filter; offsets are those in the canonical expression. `why` returns what is wrong with a test, or `undefined`. */
export function unavailableTests(
  filter: Filter,
  why: (test: Test) => { readonly message: string; readonly sysctl?: string } | undefined,
): UnavailableIssue[] {
  const { text, spans } = printSpans(filter);
  return [...spans].flatMap(([test, [offset, end]]): UnavailableIssue[] => {
    const reason = why(test);
    if (reason === undefined) return [];
    const { field } = test;
    const message = `${field} ${reason.message}`;
    const length = end - offset;
    const snippet = snippetOf(text, offset, length, message);
    return [
      { code: 'unavailable', message, offset, length, snippet, field, ...(reason.sysctl && { sysctl: reason.sysctl }) },
    ];
  });
}

/**
 * Finds the tests that a source cannot answer: `bytes` without accounting is an error that names the sysctl, and never an empty result.
 *
 * Offsets are those in the canonical expression, which the snippets show.
 */
export const unavailableIn = (
  filter: Filter,
  provides: { readonly [Need in Requirement]?: boolean },
): UnavailableIssue[] =>
  unavailableTests(filter, ({ field }) => {
    const need = fieldOf(field).requires;
    if (need === undefined || provides[need] === true) return undefined;
    const { missing: message, ...rest } = REQUIREMENTS[need];
    return { message, ...rest };
  });

/** Throws an error with the issues that {@link unavailableIn} finds. @throws {FilterError} */
export function requireSource(filter: Filter, provides: { readonly [Need in Requirement]?: boolean }): void {
  const issues = unavailableIn(filter, provides);
  if (issues.length > 0) throw new FilterError(issues.map(({ field: _, sysctl: __, ...issue }) => issue));
}
