import { findField } from '../language/field-table.js';
import type { Term } from './foreign-words.js';

/** Writes a test as a pair of a query string, or in an expression. */
export function spell([field, value]: Term, pair: boolean, negated = false): string {
  if (value === undefined) {
    if (!negated) return field;
    if (!pair) return `not ${field}`;
    return `${field}${findField(field)?.type === 'flag' ? '' : '.exists'}=false`;
  }
  return pair ? `${field}${negated ? '!=' : '='}${value}` : `${field} ${negated ? '!=' : '=='} ${value}`;
}

/** Writes tests that must all hold. */
export const spellAll = (terms: readonly Term[], pair: boolean): string =>
  terms.map(term => spell(term, pair)).join(pair ? '&' : ' and ');

/** Writes tests of one field as one test with a list of values. */
function spellList(terms: readonly Term[], pair: boolean, negated: boolean): string {
  const [[field]] = terms as [Term];
  const values = [...new Set(terms.map(([, value]) => value))];
  if (values.length === 1) return spell([field, values[0]!], pair, negated);
  return pair
    ? spell([field, values.join(',')], pair, negated)
    : `${field} ${negated ? 'not in' : 'in'} {${values.join(', ')}}`;
}

/**
 * Writes tests of which one must hold or, with `negated`, none. The pairs of a query string must all hold, so several fields need an
 * expression there.
 */
export function spellAny(terms: readonly Term[], pair: boolean, negated: boolean): string {
  const groups = [...new Set(terms.map(([field]) => field))].map(name => terms.filter(([field]) => field === name));
  if (groups.length === 1 || (pair && negated)) return groups.map(group => spellList(group, pair, negated)).join('&');
  // Without spaces, because a query string would have to encode them.
  if (pair)
    return `filter=${terms.map(([field, value]) => (value === undefined ? field : `${field}==${value}`)).join('||')}`;
  return `${negated ? 'not ' : ''}(${groups.map(group => spellList(group, false, false)).join(' or ')})`;
}
