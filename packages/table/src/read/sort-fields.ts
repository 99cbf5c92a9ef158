import { FIELDS, type FlowField } from '@conntrack/filter';
import { type End, type FlowCursor, stateName, statesOf } from '@conntrack/flow';

/** What a row is sorted by: a number, or an address's four words. Absent is −1 and so first. */
export type SortValue = number | readonly [number, number, number, number];

type SortReader = (cursor: FlowCursor) => SortValue;

const address =
  (end: End): SortReader =>
  cursor => [cursor.word(end, 0), cursor.word(end, 1), cursor.word(end, 2), cursor.word(end, 3)];

// States of different protocols have different numbers: sort by name, as they are read.
const stateOrder = new Map<string, number>();
for (const name of [6, 33, 132].flatMap(protonum => statesOf(protonum)).sort())
  if (!stateOrder.has(name)) stateOrder.set(name, stateOrder.size);

const state: SortReader = cursor => {
  const number = cursor.state();
  return number < 0 ? -1 : (stateOrder.get(stateName(cursor.protonum(), number)) ?? 1000 + number);
};

/** How rows are sorted by a field of the filter language: where it is one number or one address of an entry. */
function readerOf({ type, requires, read: { numbers = [], ends = [] } = {} }: FlowField): SortReader | undefined {
  if (requires === 'events') return undefined;
  if (type === 'state') return state;
  if (ends.length === 1) return address(ends[0]!);
  return numbers.length === 1 ? numbers[0] : undefined;
}

/** The fields a list can be sorted by, each with how a cursor gives its value. */
export const SORT_FIELDS: Readonly<Record<string, SortReader>> = Object.fromEntries(
  FIELDS.flatMap(field => {
    const reader = readerOf(field);
    return reader === undefined ? [] : [[field.name, reader] as const];
  }),
);

/**
 * Fields whose values move while a connection lives without an event, so that a list cannot be continued where a page ended: an entry may have gone past
 * that place, in either direction.
 */
export const MOVING_FIELDS: ReadonlySet<string> = new Set(
  FIELDS.filter(({ events }) => events?.moves === 'silent').map(({ name }) => name),
);

/** Ascending order of two values of one field. */
export function compareValues(one: SortValue, other: SortValue): number {
  if (typeof one === 'number' || typeof other === 'number') return (one as number) - (other as number);
  for (let i = 0; i < 4; i++) {
    const difference = one[i]! - other[i]!;
    if (difference !== 0) return difference;
  }
  return 0;
}
