import { SORTS } from '../model/browse.js';
import type { TopState } from '../model/state.js';
import { type Line, span } from './text.js';

const key = (keys: string, what: string): Line => [span(`  ${keys.padEnd(17)}`, 'bold'), span(what)];
const heading = (text: string): Line => [span(text, 'cyan', 'bold')];

/** The lines of the help. */
export function helpLines({ gauge, group }: TopState): Line[] {
  return [
    heading('Views'),
    key('1-7, Tab', 'flows, or groups: source destination port pair prefix state'),
    key('Enter', 'on a group: its flows; on a flow: all its fields'),
    key('Esc', 'one step back: marks, cursor, group, filter'),
    heading('Order'),
    ...orderLines(group === undefined ? SORTS.flows : SORTS.groups),
    key('← →, < >', 'previous and next order'),
    key('i', 'smallest first, and back'),
    heading('Filter'),
    key('/', 'edit: proto=tcp dport=443, or an expression; Tab completes'),
    heading('Delete'),
    key('Space, *', 'mark the flow under the cursor, or all that are listed'),
    key('d', 'delete the marked flows, or the one under the cursor (asks)'),
    heading('Screen'),
    key('↑ ↓ PgUp PgDn', 'move the cursor, which stays on its flow; Home: no cursor'),
    key('p, +, -, Ctrl-L', 'pause; faster; slower; read and draw again'),
    key('q, Ctrl-Z', 'quit; suspend (fg comes back)'),
    heading('Signs'),
    [span('  – unknown  ≥ at least  ● marked  @ your own SSH connection')],
    ...(gauge?.why === undefined ? [] : [[span(`  new and ended are unknown: ${gauge.why}`)]]),
  ];
}

/** The orders in lines of two columns. */
function orderLines(orders: (typeof SORTS)['flows']): Line[] {
  const lines: Line[] = [];
  for (let i = 0; i < orders.length; i += 2)
    lines.push(orders.slice(i, i + 2).flatMap(order => key(order.key, order.what.padEnd(20))));
  return lines;
}
