import { type Flow, FlowObjectCursor } from '@conntrack/flow';
import { TABLE_COLUMNS, tableCells } from '@conntrack/netlink/text';
import { stateColor } from '../../output/table/paint.js';
import type { FlowRow, GroupRow, SortKey } from '../data/snapshot.js';
import { clip, clipMiddle, type Style } from './text.js';
import { count, short } from './units.js';

/** A column of the table. */
export interface Column<Row> {
  readonly title: string;
  readonly width: number;
  /** How much wider the column may become if there is room. */
  readonly extra?: number;
  readonly left?: boolean;
  /** The order that the column shows. */
  readonly sort?: SortKey;
  /** The text of a cell. It may be longer than `width`. */
  text(row: Row, unixTime: number): string;
  styles?(row: Row): readonly Style[];
  /** How a text that is too long is cut. Default: at the end. */
  cut?(text: string, width: number): string;
}

type FlowColumn = Column<FlowRow>;
const cursor = new FlowObjectCursor();

/** The text of a flow in a column of `ctctl list`; empty if the flow does not have the value. */
export function cellOf(flow: Flow, name: string, unixTime: number): string {
  const column = TABLE_COLUMNS.find(each => each.name === name)!;
  return tableCells([column], cursor.move(flow), unixTime)[0]!.replaceAll('->', '→');
}

const listed = (name: string, width: number, more: Partial<FlowColumn> = {}): FlowColumn => ({
  title: name.toUpperCase(),
  width,
  text: ({ flow }, unixTime) => cellOf(flow, name, unixTime) || '–',
  ...more,
});
const number = <Row>(title: string, width: number, sort: SortKey, value: (row: Row) => number): Column<Row> => ({
  title,
  width,
  sort,
  text: row => short(value(row)),
});
const address = { left: true, extra: 26, cut: clipMiddle } as const;

/** The columns of flows, the most important first. */
export const FLOW_COLUMNS: readonly FlowColumn[] = [
  listed('source', 21, address),
  listed('destination', 21, address),
  number('RATE/S', 6, 'rate', row => row.rate),
  listed('state', 11, {
    left: true,
    styles: ({ flow }) => [stateColor(cellOf(flow, 'state', 0))],
  }),
  listed('proto', 5, { left: true }),
  number('BYTES', 6, 'bytes', row => row.bytes),
  listed('timeout', 7, { sort: 'expires' }),
  number('PKT/S', 6, 'packet-rate', row => row.packetRate),
  listed('nat', 26, { ...address, extra: 40, styles: () => ['cyan'], text: ({ flow }) => cellOf(flow, 'nat', 0) }),
  listed('age', 6, { sort: 'age' }),
  number('PACKETS', 7, 'packets', row => row.packets),
  listed('mark', 10),
  listed('zone', 5),
];

/** The order of the columns of flows on the screen. */
export const FLOW_ORDER = [
  'PROTO',
  'STATE',
  'SOURCE',
  'DESTINATION',
  'NAT',
  'RATE/S',
  'PKT/S',
  'BYTES',
  'PACKETS',
  'TIMEOUT',
  'AGE',
  'MARK',
  'ZONE',
];

type GroupColumn = Column<GroupRow>;

/** A sum that covers only part of the group's flows is marked as a minimum. */
const partial = (text: string, known: number, flows: number): string =>
  known >= 0 && known < flows && text !== '–' ? `≥${text}` : text;

const sum = (
  title: string,
  sort: SortKey,
  value: (row: GroupRow) => number,
  known: (row: GroupRow) => number,
): GroupColumn => ({
  title,
  width: 7,
  sort,
  text: row => partial(short(value(row)), known(row), row.flows),
});

/** The columns of groups, the most important first. */
export const GROUP_COLUMNS: readonly GroupColumn[] = [
  { title: 'GROUP', width: 15, extra: 34, left: true, text: ({ text }) => text, cut: clipMiddle },
  { ...number('FLOWS', 9, 'flows', (row: GroupRow) => row.flows), text: row => count(row.flows) },
  sum(
    'RATE/S',
    'rate',
    row => row.rate,
    row => row.rated,
  ),
  {
    ...number('NOREPLY', 9, 'unreplied', (row: GroupRow) => row.unreplied),
    text: row => count(row.unreplied),
    styles: row => (row.unreplied > 0 && row.unreplied * 2 > row.flows ? ['yellow'] : []),
  },
  sum(
    'BYTES',
    'bytes',
    row => row.bytes,
    row => row.counted,
  ),
  sum(
    'PKT/S',
    'packet-rate',
    row => row.packetRate,
    row => row.rated,
  ),
  sum(
    'PACKETS',
    'packets',
    row => row.packets,
    row => row.counted,
  ),
];

/** A column with the width that it got. */
export interface Placed<Row> {
  readonly column: Column<Row>;
  readonly width: number;
}

/**
 * Chooses the columns that fit, one space apart: the first one and the one of the order always, then by importance. What is left widens
 * the columns that can use it.
 */
export function place<Row>(
  columns: readonly Column<Row>[],
  order: readonly string[],
  sort: SortKey,
  width: number,
): Placed<Row>[] {
  // The title of the order has a sign behind it.
  const titled = columns.map(column =>
    column.sort === sort ? { ...column, width: Math.max(column.width, column.title.length + 1) } : column,
  );
  const [first, ...others] = titled as [Column<Row>, ...Column<Row>[]];
  const chosen = [first];
  let left = width - first.width;
  const sorted = others.find(column => column.sort === sort);
  for (const column of sorted === undefined ? others : [sorted, ...others.filter(other => other !== sorted)]) {
    if (column.width + 1 > left) {
      // A less important column may still fit, but would look out of place.
      if (column !== sorted) break;
      continue;
    }
    chosen.push(column);
    left -= column.width + 1;
  }
  chosen.sort((one, other) => order.indexOf(one.title) - order.indexOf(other.title));
  const widths = chosen.map(column => column.width);
  if (left < 0) widths[0]! += left;
  // Evenly, a column at a time, so that source and destination stay alike.
  for (let given = true; left > 0 && given; ) {
    given = false;
    for (const [i, { extra = 0, width: least }] of chosen.entries())
      if (left > 0 && widths[i]! < least + extra) {
        widths[i]!++;
        left--;
        given = true;
      }
  }
  return chosen.map((column, i) => ({ column, width: Math.max(1, widths[i]!) }));
}

/** The text of a cell, cut and padded to its width. */
export function cell<Row>({ column, width }: Placed<Row>, row: Row, unixTime: number): string {
  const { left = false, cut = clip } = column;
  const text = cut(column.text(row, unixTime), width);
  return left ? text.padEnd(width) : text.padStart(width);
}
