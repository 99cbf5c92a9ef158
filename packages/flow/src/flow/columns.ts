import type { Flow } from './flow.js';

/** The type of a column's values, which says how their text is read back. */
export type ColumnKind = 'number' | 'text' | 'list' | 'object';

/** The members that lead to a value in a `Flow`: `['original', 'sport']`. */
export type Place = readonly string[];

/** One field of a flow, as `fields=` and CSV name it. */
export interface Column {
  /** The name of the field in the filter language. */
  readonly name: string;
  /** The place of the value in a `Flow`. A sum has several places, which are added. */
  readonly places: readonly [Place, ...Place[]];
  /** The type of the column's values. */
  readonly kind: ColumnKind;
  /** Other columns have this value too, or only an index has it. A CSV has the column only if it is requested. */
  readonly redundant?: true;
}

const column = (kind: ColumnKind, name: string, ...places: [Place, ...Place[]]): Column => ({ name, places, kind });
const redundant = (kind: ColumnKind, name: string, ...places: [Place, ...Place[]]): Column => ({
  ...column(kind, name, ...places),
  redundant: true,
});

/**
 * Every column that can be requested, in the order of a CSV. Together, the columns that are not redundant hold everything that a flow of the
 * kernel has.
 */
export const COLUMNS: readonly Column[] = /* @__PURE__ */ [
  column('text', 'key', ['key']),
  // The key of a flow in a fleet contains it.
  redundant('text', 'node', ['node']),
  column('text', 'family', ['family']),
  column('text', 'proto', ['protocol']),
  redundant('number', 'protonum', ['protonum']),
  column('text', 'state', ['state']),
  column('list', 'status', ['status']),
  column('number', 'timeout', ['timeout']),
  column('text', 'src', ['original', 'src']),
  column('text', 'dst', ['original', 'dst']),
  column('number', 'sport', ['original', 'sport']),
  column('number', 'dport', ['original', 'dport']),
  column('number', 'orig.packets', ['original', 'packets']),
  column('number', 'orig.bytes', ['original', 'bytes']),
  column('text', 'reply.src', ['reply', 'src']),
  column('text', 'reply.dst', ['reply', 'dst']),
  column('number', 'reply.sport', ['reply', 'sport']),
  column('number', 'reply.dport', ['reply', 'dport']),
  column('number', 'reply.packets', ['reply', 'packets']),
  column('number', 'reply.bytes', ['reply', 'bytes']),
  redundant('number', 'packets', ['original', 'packets'], ['reply', 'packets']),
  redundant('number', 'bytes', ['original', 'bytes'], ['reply', 'bytes']),
  redundant('number', 'orig.rate', ['rate', 'original']),
  redundant('number', 'reply.rate', ['rate', 'reply']),
  redundant('number', 'rate', ['rate', 'original'], ['rate', 'reply']),
  redundant('text', 'first-seen', ['firstSeen']),
  column('number', 'icmp.type', ['original', 'type']),
  column('number', 'icmp.code', ['original', 'code']),
  column('number', 'icmp.id', ['original', 'id']),
  column('number', 'reply.icmp.type', ['reply', 'type']),
  column('number', 'reply.icmp.code', ['reply', 'code']),
  column('number', 'reply.icmp.id', ['reply', 'id']),
  column('number', 'gre.srckey', ['original', 'srckey']),
  column('number', 'gre.dstkey', ['original', 'dstkey']),
  column('number', 'reply.gre.srckey', ['reply', 'srckey']),
  column('number', 'reply.gre.dstkey', ['reply', 'dstkey']),
  column('number', 'mark', ['mark']),
  column('number', 'zone', ['zone']),
  column('number', 'orig.zone', ['original', 'zone']),
  column('number', 'reply.zone', ['reply', 'zone']),
  column('list', 'label', ['labels']),
  column('text', 'helper', ['helper']),
  column('text', 'secctx', ['secctx']),
  column('number', 'secmark', ['secmark']),
  column('number', 'use', ['use']),
  column('number', 'id', ['id']),
  column('text', 'start', ['start']),
  column('text', 'stop', ['stop']),
  column('number', 'delta-time', ['deltaTime']),
  column('number', 'orig.sctp.vtag', ['protoinfo', 'vtag', 'original']),
  column('number', 'reply.sctp.vtag', ['protoinfo', 'vtag', 'reply']),
  column('text', 'dccp.role', ['protoinfo', 'role']),
  column('object', 'protoinfo', ['protoinfo']),
  column('object', 'seqadj', ['seqadj']),
  column('object', 'synproxy', ['synproxy']),
  column('object', 'master', ['master']),
  column('number', 'portid', ['portid']),
  column('text', 'progname', ['progname']),
  column('object', 'unknown', ['unknown']),
  column('object', 'extra', ['extra']),
  redundant('object', 'original', ['original']),
  redundant('object', 'reply', ['reply']),
];

const byName: ReadonlyMap<string, Column> = /* @__PURE__ */ new Map([
  ...COLUMNS.filter(({ places }) => places.length === 1).map(column => [column.places[0].join('.'), column] as const),
  ...COLUMNS.map(column => [column.name, column] as const),
]);

/** Finds a column by its name or by its path in a `Flow` (`original.sport`). */
export const findColumn = (name: string): Column | undefined => byName.get(name);

/** Returns the value at a place of a flow; `undefined` if its source gave none. */
export function valueAt(flow: Flow, place: Place): unknown {
  let value: unknown = flow;
  for (const member of place) {
    if (value === undefined) return undefined;
    value = (value as Record<string, unknown>)[member];
  }
  return value;
}

/** Returns a column's value of a flow; `undefined` if its source gave none. */
export function columnValue(flow: Flow, { places }: Column): unknown {
  if (places.length === 1) return valueAt(flow, places[0]);
  const parts = places.map(place => valueAt(flow, place)).filter(value => typeof value === 'number');
  return parts.length === 0 ? undefined : parts.reduce((sum, value) => sum + value, 0);
}

/** Sets the value at a place of a flow that is being built. */
export function setAt(flow: Record<string, unknown>, place: Place, value: unknown): void {
  let parent = flow;
  for (const member of place.slice(0, -1)) {
    parent[member] ??= {};
    parent = parent[member] as Record<string, unknown>;
  }
  parent[place.at(-1)!] = value;
}
