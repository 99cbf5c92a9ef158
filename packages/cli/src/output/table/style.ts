import type { Column } from '@conntrack/flow/columns';
import type { Terminal } from '../../terminal/terminal.js';
import { fieldShape, flowShape } from './shape.js';
import type { TableStyle } from './write-table.js';

/** The style of a table that starts now. */
export function tableStyle(terminal: Terminal, wide: boolean, fields?: readonly Column[]): TableStyle {
  const { unicode } = terminal;
  const shape = fields === undefined ? flowShape({ wide, now: Date.now(), unicode }) : fieldShape(fields);
  return { shape, terminal, wide };
}
