import { FIELDS, type FlowField } from '@conntrack/filter';
import { type End, type FlowCursor, stateName, statesOf } from '@conntrack/flow';

/**
 * The value that a row is sorted by: a number, text, or the four words of an address. An absent value is −1 (for text, it is empty) and
 * sorts first.
 */
export type SortValue = number | string | readonly [number, number, number, number];

type SortReader = (cursor: FlowCursor) => SortValue;

const address =
  (end: End): SortReader =>
  cursor => [cursor.word(end, 0), cursor.word(end, 1), cursor.word(end, 2), cursor.word(end, 3)];

/** Makes the reader of states. Their numbers differ between protocols, so states are sorted by name. */
function stateReader(): SortReader {
  const names = new Set([6, 33, 132].flatMap(protonum => statesOf(protonum)).sort());
  const order = new Map([...names].map((name, index) => [name, index]));
  return cursor => {
    const number = cursor.state();
    return number < 0 ? -1 : (order.get(stateName(cursor.protonum(), number)) ?? 1000 + number);
  };
}

/** Returns how rows are sorted by a field of the filter language, for fields with one number, text or address. */
function readerOf({ type, requires, read: { numbers = [], ends = [], text } = {} }: FlowField): SortReader | undefined {
  if (requires === 'events') return undefined;
  if (text !== undefined) return cursor => text(cursor) ?? '';
  if (type === 'state') return stateReader();
  if (ends.length === 1) return address(ends[0]!);
  return numbers.length === 1 ? numbers[0] : undefined;
}

let known: Readonly<Record<string, SortReader>> | undefined;

/** Returns the fields that a list can be sorted by, with a reader of each value. They are made for the first sorted list. */
export function sortFields(): Readonly<Record<string, SortReader>> {
  known ??= Object.fromEntries(
    FIELDS.flatMap(field => {
      const reader = readerOf(field);
      return reader === undefined ? [] : [[field.name, reader] as const];
    }),
  );
  return known;
}

/**
 * Fields whose values change during a connection's lifetime without an event. A list sorted by them cannot be continued on a next page: an
 * entry may have moved past the end of the last page, in either direction.
 */
export const MOVING_FIELDS: ReadonlySet<string> = new Set(
  FIELDS.filter(({ events }) => events?.moves === 'silent').map(({ name }) => name),
);

/** Fields that are sorted by their text, which has no fixed length: a sorted view cannot hold them. */
export const TEXT_SORTS: ReadonlySet<string> = new Set(
  FIELDS.filter(({ read }) => read?.text !== undefined).map(({ name }) => name),
);

/** Compares two values of one field, in ascending order. */
export function compareValues(one: SortValue, other: SortValue): number {
  if (typeof one === 'string' || typeof other === 'string') return one < other ? -1 : one > other ? 1 : 0;
  if (typeof one === 'number' || typeof other === 'number') return (one as number) - (other as number);
  for (let i = 0; i < 4; i++) {
    const difference = one[i]! - other[i]!;
    if (difference !== 0) return difference;
  }
  return 0;
}
