import { printable } from '@conntrack/flow/text';
import type { TopItem } from '@conntrack/table';
import { type LaidColumn, layoutOf } from './table/layout.js';
import { lineOf } from './table/line.js';

/** The values of a group as text, one for each field of a {@link Top}'s `by`; `-` for a field that its flows do not have. */
export const groupCells = ({ values }: TopItem, by: string): string[] =>
  by.split(',').map(field => {
    const value = values[field.replace(/\/.*/, '')] ?? '-';
    return typeof value === 'boolean' ? (value ? 'yes' : 'no') : printable(String(value));
  });

/** A table of texts with all of its columns. `paint` may add colors to a title. */
export function plainTable(
  columns: readonly LaidColumn[],
  rows: readonly (readonly string[])[],
  paint: (title: string) => string = title => title,
): string {
  const layout = layoutOf(columns, rows, { optional: [], complete: true });
  const titles = columns.map(({ name }) => name.toUpperCase());
  return (
    lineOf(columns, layout, titles, paint) + rows.map(cells => lineOf(columns, layout, cells, text => text)).join('')
  );
}
