import type { Column } from '@conntrack/flow/columns';
import type { SortTerm } from '@conntrack/table';
import type { Terminal } from '../../terminal/terminal.js';
import { fieldShape, flowShape } from './shape.js';
import type { TableStyle } from './write-table.js';

/** The style of a table that starts now. A table of flows sorted by a field shows the column of that field first. */
export function tableStyle(
  terminal: Terminal,
  wide: boolean,
  fields?: readonly Column[],
  sort: readonly SortTerm[] = [],
): TableStyle {
  const { unicode } = terminal;
  const first = sort.map(({ field }) => field.replace(/^(orig|reply)\./, ''));
  const shape = fields === undefined ? flowShape({ wide, now: Date.now(), unicode, first }) : fieldShape(fields);
  return { shape, terminal, wide };
}
