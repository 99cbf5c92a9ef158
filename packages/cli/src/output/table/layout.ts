import type { TableColumn } from '@conntrack/netlink/text';

/** A column as a table shows it. */
export interface ShownColumn {
  /** The index of its cells in a row. */
  readonly at: number;
  readonly width: number;
}

/** What a layout needs to know about a column. */
export type LaidColumn = Pick<TableColumn, 'name' | 'right' | 'usual'>;

/** The space between two columns. */
export const GAP = 2;

/** What a layout depends on beside the cells. */
export interface LayoutOptions {
  /** Columns that the table can do without, the most important one first. */
  readonly optional: readonly string[];
  /** The number of characters of a line, if it is limited. */
  readonly width?: number | undefined;
  /** Whether the rows are all rows of the table. */
  readonly complete: boolean;
}

/**
 * Chooses the columns of a table and their widths from its rows. Optional columns that are empty in all rows disappear, if these
 * are all the rows, and so do the least important ones if the lines do not fit into `width` characters.
 */
export function layoutOf(
  columns: readonly LaidColumn[],
  rows: readonly (readonly string[])[],
  { optional, width = Number.POSITIVE_INFINITY, complete }: LayoutOptions,
): ShownColumn[] {
  const sized = columns
    .map(({ name, usual = '' }, at) => ({
      name,
      at,
      isEmpty: rows.every(row => row[at] === '' || row[at] === usual),
      width: rows.reduce((most, row) => Math.max(most, row[at]!.length), name.length),
    }))
    .filter(({ isEmpty, name }) => !(complete && isEmpty && optional.includes(name)));
  const shown = sized.filter(({ name }) => !optional.includes(name));
  let room = shown.reduce((rest, column) => rest - column.width - GAP, width + GAP);
  for (const name of optional) {
    const column = sized.find(each => each.name === name);
    if (column === undefined || column.width + GAP > room) continue;
    shown.push(column);
    room -= column.width + GAP;
  }
  shown.sort((one, other) => one.at - other.at);
  return shown.map(({ at, width }) => ({ at, width }));
}
