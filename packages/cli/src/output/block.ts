import { type Flow, FlowObjectCursor } from '@conntrack/flow';
import { COLUMNS, columnValue } from '@conntrack/flow/columns';
import type { Terminal } from '../terminal/terminal.js';
import { flowShape, textOf } from './table/shape.js';

/** What the first line of a block is made from. */
const HEAD: readonly string[] = ['proto', 'state', 'source', 'destination', 'nat'];

/** An entry as lines with labels: who talks to whom, and then every field by its name in filters. */
export function blockOf(flow: Flow, { colors, unicode }: Terminal): string {
  const { columns, cells } = flowShape({ wide: false, now: Date.now(), unicode });
  const texts = cells(new FlowObjectCursor(flow));
  const [proto, state, source, destination, nat] = HEAD.map(
    name => texts[columns.findIndex(each => each.name === name)],
  );
  const arrow = unicode ? '→' : '->';
  const head = [`${[proto, state].filter(Boolean).join(' ')}  ${source} ${arrow} ${destination}`, nat].filter(Boolean);
  const rows = COLUMNS.filter(({ redundant }) => !redundant).flatMap(column => {
    const value = columnValue(flow, column);
    return value === undefined ? [] : [[column.name, textOf(value) || '-'] as const];
  });
  const width = Math.max(...rows.map(([name]) => name.length)) + 2;
  return `${colors.bold(head.join('  '))}\n${rows.map(([name, text]) => `  ${colors.dim(name.padEnd(width))}${text}\n`).join('')}`;
}
