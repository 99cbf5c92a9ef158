import { FIELDS, type FlowField } from '@conntrack/filter';
import { numberName } from '@conntrack/filter/print';
import { type End, type FlowCursor, stateName } from '@conntrack/flow';
import { AF_INET, formatIPv4, formatIPv6, MAPPED_WORD } from '@conntrack/flow/codec';

/** The key of a group. A number where possible, because a Map is fastest with numbers. */
export type GroupKey = number | string;

/** How rows are grouped by a field: how to read the key from a cursor, and how to write the key. */
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

/** Types of numbers that many entries share. Times, counters and ids are not among them. */
const SHARED: ReadonlySet<FlowField['type']> = new Set(['family', 'protocol', 'port', 'number', 'hex', 'enum']);

/** Returns how rows are grouped by a field of the filter language. */
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

/** The fields that `top` can group by. Flows without the field are in the group `-`. */
export const GROUPINGS: Readonly<Record<string, Grouping>> = Object.fromEntries(
  FIELDS.flatMap(field => {
    const grouping = groupingOf(field);
    return grouping === undefined ? [] : [[field.name, grouping] as const];
  }),
);

/** Returns the text of a group; `-` for flows without the field. */
export const groupText = ({ text }: Grouping, key: GroupKey): string => (key === -1 ? '-' : text(key));
