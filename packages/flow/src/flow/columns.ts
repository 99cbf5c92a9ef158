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
  /** Other columns have this value too. A CSV has the column only if it is requested. */
  readonly redundant?: true;
}

/** Parses rows of columns: `name` or `name=place`, with several places separated by spaces. */
function columns(kind: ColumnKind, rows: string, redundant?: true): Column[] {
  return rows.split(' ').map(row => {
    const [name, text = name!] = row.split('=');
    const places = text.split('+').map(place => place.split('.')) as [string[], ...string[][]];
    return { name: name!, places, kind, ...(redundant && { redundant }) };
  });
}

/** Every column that can be requested, in the order of a CSV. Together, the columns that are not redundant hold everything that a flow has. */
export const COLUMNS: readonly Column[] = /* @__PURE__ */ [
  ...columns('text', 'key family proto=protocol'),
  ...columns('number', 'protonum', true),
  ...columns('text', 'state'),
  ...columns('list', 'status'),
  ...columns('number', 'timeout'),
  ...columns('text', 'src=original.src dst=original.dst'),
  ...columns('number', 'sport=original.sport dport=original.dport'),
  ...columns('number', 'orig.packets=original.packets orig.bytes=original.bytes'),
  ...columns('text', 'reply.src reply.dst'),
  ...columns('number', 'reply.sport reply.dport reply.packets reply.bytes'),
  ...columns('number', 'packets=original.packets+reply.packets bytes=original.bytes+reply.bytes', true),
  ...columns('number', 'icmp.type=original.type icmp.code=original.code icmp.id=original.id'),
  ...columns('number', 'reply.icmp.type=reply.type reply.icmp.code=reply.code reply.icmp.id=reply.id'),
  ...columns('number', 'gre.srckey=original.srckey gre.dstkey=original.dstkey'),
  ...columns('number', 'reply.gre.srckey=reply.srckey reply.gre.dstkey=reply.dstkey'),
  ...columns('number', 'mark zone orig.zone=original.zone reply.zone'),
  ...columns('list', 'label=labels'),
  ...columns('text', 'helper secctx'),
  ...columns('number', 'secmark use id'),
  ...columns('text', 'start stop'),
  ...columns('number', 'delta-time=deltaTime'),
  ...columns('number', 'orig.sctp.vtag=protoinfo.vtag.original reply.sctp.vtag=protoinfo.vtag.reply'),
  ...columns('text', 'dccp.role=protoinfo.role'),
  ...columns('object', 'protoinfo seqadj synproxy master'),
  ...columns('number', 'portid'),
  ...columns('text', 'progname'),
  ...columns('object', 'unknown extra'),
  ...columns('object', 'original reply', true),
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
