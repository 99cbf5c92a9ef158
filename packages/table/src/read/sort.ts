import type { FlowCursor } from '@conntrack/flow';
import { suggestion } from '@conntrack/flow/checks';
import { TableError } from '@conntrack/flow/table';
import type { SortTerm } from '../table-options.js';
import { compareValues, type SortValue, sortFields } from './sort-fields.js';

/** Parses `-bytes,src` into terms. @throws TableError SORT_INVALID, which suggests a similar field, or lists all */
export function parseSort(text: string): SortTerm[] {
  return text.split(',').map(part => {
    const descending = part.startsWith('-');
    const field = descending ? part.slice(1) : part;
    if (!Object.hasOwn(sortFields(), field))
      throw new TableError(
        'SORT_INVALID',
        `cannot sort by '${field}'${suggestion(field, Object.keys(sortFields()), 'Fields')}`,
      );
    return { field, ...(descending && { descending }) };
  });
}

/** Formats terms as text. */
export const printSort = (terms: readonly SortTerm[]): string =>
  terms.map(({ field, descending }) => (descending ? `-${field}` : field)).join(',');

/** The position of a row in the order: one value for each term. */
export type SortKey = readonly SortValue[];

/** An order of rows: how to read the key of a row, and how to compare two keys. */
export interface RowOrder {
  readonly terms: readonly SortTerm[];
  key(cursor: FlowCursor, ordinal: number): SortKey;
  compare(one: SortKey, other: SortKey): number;
}

/** Makes a total order from terms: rows that are equal in all terms are ordered by id, or by their place in a source without ids. */
export function rowOrder(terms: readonly SortTerm[]): RowOrder {
  const readers = terms.map(({ field }) => sortFields()[field]!);
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
