import { GAP, type LaidColumn, type ShownColumn } from './layout.js';

/** A line of a table. `cell` may add colors to a cell. */
export function lineOf(
  columns: readonly LaidColumn[],
  layout: readonly ShownColumn[],
  cells: readonly string[],
  cell: (text: string, column: LaidColumn) => string,
): string {
  const line = layout.map(({ at, width }, i) => {
    const column = columns[at]!;
    const text = cells[at] || '-';
    const space = ' '.repeat(Math.max(0, width - text.length));
    if (column.right) return space + cell(text, column);
    return cell(text, column) + (i < layout.length - 1 ? space : '');
  });
  return `${line.join(' '.repeat(GAP))}\n`;
}
