import { type Flow, FlowObjectCursor } from '@conntrack/flow';
import { COLUMNS, columnValue } from '@conntrack/flow/columns';
import type { Terminal } from '../terminal/terminal.js';
import { flowShape, textOf } from './table/shape.js';

/** What the first line of a block is made from. */
const HEAD: readonly string[] = ['proto', 'state', 'source', 'destination', 'nat'];

/** What a block says: who talks to whom, and every field by its name in filters. */
export interface Block {
  readonly head: string;
  readonly rows: readonly (readonly [name: string, text: string])[];
}

/** Describes an entry with all of its fields. */
export function describeFlow(flow: Flow, unicode: boolean): Block {
  const { columns, cells } = flowShape({ wide: false, now: Date.now(), unicode, first: [] });
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
  return { head: head.join('  '), rows };
}

/** An entry as lines with labels. */
export function blockOf(flow: Flow, { colors, unicode }: Terminal): string {
  const { head, rows } = describeFlow(flow, unicode);
  const width = Math.max(...rows.map(([name]) => name.length)) + 2;
  return `${colors.bold(head)}\n${rows.map(([name, text]) => `  ${colors.dim(name.padEnd(width))}${text}\n`).join('')}`;
}
