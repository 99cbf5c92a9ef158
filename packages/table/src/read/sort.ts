import type { FlowCursor } from '@conntrack/flow';
import { TableError } from '@conntrack/flow/table';
import type { SortTerm } from '../table-options.js';
import { compareValues, SORT_FIELDS, type SortValue } from './sort-fields.js';

/** `-bytes,src` to terms. @throws TableError SORT_INVALID, naming the fields there are. */
export function parseSort(text: string): SortTerm[] {
  return text.split(',').map(part => {
    const descending = part.startsWith('-');
    const field = descending ? part.slice(1) : part;
    if (!Object.hasOwn(SORT_FIELDS, field))
      throw new TableError('SORT_INVALID', `cannot sort by '${field}'. Fields: ${Object.keys(SORT_FIELDS).join(', ')}`);
    return { field, ...(descending && { descending }) };
  });
}

/** The terms as text again. */
export const printSort = (terms: readonly SortTerm[]): string =>
  terms.map(({ field, descending }) => (descending ? `-${field}` : field)).join(',');

/** A row's place in the order: its values, one for each term. */
export type SortKey = readonly SortValue[];

/** An order over rows: how to read a row's key, and how to compare two. */
export interface RowOrder {
  readonly terms: readonly SortTerm[];
  key(cursor: FlowCursor, ordinal: number): SortKey;
  compare(one: SortKey, other: SortKey): number;
}

/**
 * The order of the terms, made total: rows that agree in all terms come by id, and rows of a source without ids by their place in it.
 */
export function rowOrder(terms: readonly SortTerm[]): RowOrder {
  const readers = terms.map(({ field }) => SORT_FIELDS[field]!);
  const signs = terms.map(({ descending }) => (descending ? -1 : 1));
  return {
    terms,
    key(cursor, ordinal) {
      const id = cursor.id();
      return [...readers.map(read => read(cursor)), id >= 0 ? id : ordinal];
    },
    compare(one, other) {
      for (let i = 0; i < one.length; i++) {
        const difference = compareValues(one[i]!, other[i]!);
        if (difference !== 0) return difference * (signs[i] ?? 1);
      }
      return 0;
    },
  };
}
