import { FIELDS, type FlowField } from '@conntrack/filter';
import { numberName } from '@conntrack/filter/print';
import { type End, type FlowCursor, stateName } from '@conntrack/flow';
import { AF_INET, formatIPv4, formatIPv6, MAPPED_WORD } from '@conntrack/flow/codec';

/** What rows are gathered by: a number where it can be one, since that is what a Map is fastest with. */
export type GroupKey = number | string;

/** A field to gather rows by: how a cursor gives the key, and how the key is written. */
export interface Grouping {
  key(cursor: FlowCursor): GroupKey;
  text(key: GroupKey): string;
}

const address = (end: End): Grouping => ({
  key: cursor =>
    cursor.word(end, 2) === MAPPED_WORD && cursor.family() === AF_INET
      ? cursor.word(end, 3)
      : formatIPv6(cursor.word(end, 0), cursor.word(end, 1), cursor.word(end, 2), cursor.word(end, 3)),
  text: key => (typeof key === 'number' ? formatIPv4(key) : key),
});

const state: Grouping = {
  key: cursor => {
    const number = cursor.state();
    return number < 0 ? -1 : stateName(cursor.protonum(), number);
  },
  text: String,
};

/** Numbers that many entries share: no times, counters, or ids. */
const SHARED: ReadonlySet<FlowField['type']> = new Set(['family', 'protocol', 'port', 'number', 'hex', 'enum']);

/** How rows are gathered by a field of the filter language. */
function groupingOf(field: FlowField): Grouping | undefined {
  const { name, type, requires, read: { numbers = [], ends = [], text } = {} } = field;
  if (requires === 'events') return undefined;
  if (type === 'state') return state;
  if (text !== undefined) return { key: cursor => text(cursor) ?? -1, text: String };
  if (ends.length === 1) return address(ends[0]!);
  const [read] = numbers;
  if (read === undefined || numbers.length > 1 || !SHARED.has(type) || name === 'id') return undefined;
  return { key: read, text: key => numberName(field, Number(key)) ?? String(key) };
}

/** The fields that `top` gathers by. Where a flow has not got one, its group is `-`. */
export const GROUPINGS: Readonly<Record<string, Grouping>> = Object.fromEntries(
  FIELDS.flatMap(field => {
    const grouping = groupingOf(field);
    return grouping === undefined ? [] : [[field.name, grouping] as const];
  }),
);

/** The group's text; `-` for flows that have not got the field. */
export const groupText = ({ text }: Grouping, key: GroupKey): string => (key === -1 ? '-' : text(key));
