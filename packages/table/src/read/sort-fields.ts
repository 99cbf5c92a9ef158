import {
  entryZone,
  type FlowCursor,
  ORIGINAL,
  ORIGINAL_DST,
  ORIGINAL_SRC,
  REPLY,
  REPLY_DST,
  REPLY_SRC,
  stateName,
  statesOf,
} from '@conntrack/flow';

/** What a row is sorted by: a number, or an address's four words. Absent is −1 and so first. */
export type SortValue = number | readonly [number, number, number, number];

const address =
  (end: 0 | 1 | 2 | 3) =>
  (cursor: FlowCursor): SortValue => [
    cursor.word(end, 0),
    cursor.word(end, 1),
    cursor.word(end, 2),
    cursor.word(end, 3),
  ];

const sum = (one: number, other: number): number => (one < 0 ? other : other < 0 ? one : one + other);

// States of different protocols have different numbers: sort by name, as they are read.
const stateOrder = new Map<string, number>();
for (const name of [6, 33, 132].flatMap(protonum => statesOf(protonum)).sort())
  if (!stateOrder.has(name)) stateOrder.set(name, stateOrder.size);

/** The fields a list can be sorted by, each with how a cursor gives its value. */
export const SORT_FIELDS: Readonly<Record<string, (cursor: FlowCursor) => SortValue>> = {
  id: cursor => cursor.id(),
  family: cursor => cursor.family(),
  proto: cursor => cursor.protonum(),
  zone: entryZone,
  src: address(ORIGINAL_SRC),
  dst: address(ORIGINAL_DST),
  sport: cursor => cursor.port(ORIGINAL_SRC),
  dport: cursor => cursor.port(ORIGINAL_DST),
  'reply.src': address(REPLY_SRC),
  'reply.dst': address(REPLY_DST),
  'reply.sport': cursor => cursor.port(REPLY_SRC),
  'reply.dport': cursor => cursor.port(REPLY_DST),
  state: cursor => {
    const state = cursor.state();
    return state < 0 ? -1 : (stateOrder.get(stateName(cursor.protonum(), state)) ?? 1000 + state);
  },
  mark: cursor => cursor.mark(),
  timeout: cursor => cursor.timeout(),
  use: cursor => cursor.use(),
  bytes: cursor => sum(cursor.bytes(ORIGINAL), cursor.bytes(REPLY)),
  packets: cursor => sum(cursor.packets(ORIGINAL), cursor.packets(REPLY)),
  'orig.bytes': cursor => cursor.bytes(ORIGINAL),
  'orig.packets': cursor => cursor.packets(ORIGINAL),
  'reply.bytes': cursor => cursor.bytes(REPLY),
  'reply.packets': cursor => cursor.packets(REPLY),
  start: cursor => cursor.start(),
};

/**
 * Sort fields whose values move while a connection lives, so that a list cannot be continued where a page ended: an entry may have gone past that
 * place, in either direction.
 */
export const MOVING_FIELDS: ReadonlySet<string> = new Set([
  'timeout',
  'use',
  ...['bytes', 'packets'].flatMap(counter => [counter, `orig.${counter}`, `reply.${counter}`]),
]);

/** Ascending order of two values of one field. */
export function compareValues(one: SortValue, other: SortValue): number {
  if (typeof one === 'number' || typeof other === 'number') return (one as number) - (other as number);
  for (let i = 0; i < 4; i++) {
    const difference = one[i]! - other[i]!;
    if (difference !== 0) return difference;
  }
  return 0;
}
