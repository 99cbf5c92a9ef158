import {
  type Direction,
  type End,
  type Flow,
  type FlowCursor,
  type FlowRef,
  type FlowTuple,
  formatAddress,
  keyOf,
  protocolOf,
  refOf,
  stateName,
  statusNames,
} from '@conntrack/flow';
import { ICMP_REPLY, ICMPV6_REPLY, MAPPED_WORD, ORIGINAL, REPLY } from '@conntrack/flow/codec';
import type { RowBatch, RowCursor } from '@conntrack/table';
import type { DuckDBDataChunk, DuckDBVector } from '@duckdb/node-api';
import { memoryOf } from '../store/vector-memory.js';

const ENDS = ['src', 'dst', 'reply_src', 'reply_dst'] as const;
const NUMBERS = [
  'family',
  'proto',
  'sport',
  'dport',
  'reply_sport',
  'reply_dport',
  'icmp_type',
  'icmp_code',
  'icmp_id',
  'reply_icmp_id',
  'gre_srckey',
  'gre_dstkey',
  'reply_gre_srckey',
  'reply_gre_dstkey',
  'both_zone',
  'orig_zone',
  'reply_zone',
  'state',
  'status',
  'mark',
  'secmark',
  'id',
  'orig_sctp_vtag',
  'reply_sctp_vtag',
  'dccp_role',
] as const;
const COUNTERS = ['orig_packets', 'orig_bytes', 'reply_packets', 'reply_bytes'] as const;
const TIMES = ['start', 'stop'] as const;
const TEXTS = ['helper', 'secctx'] as const;

type NumberName = (typeof NUMBERS)[number] | (typeof COUNTERS)[number] | (typeof TIMES)[number] | 'age';

/** The columns that a cursor reads, as SQL over `ASKED_COLUMNS`, and the place of each. */
const SELECTED: readonly (readonly [name: string, sql: string])[] = [
  ...ENDS.map(name => [name, name] as const),
  ...NUMBERS.map(name => [name, name] as const),
  ...COUNTERS.map(name => [name, `${name}::DOUBLE`] as const),
  ...TIMES.map(name => [name, `epoch_us(${name})::DOUBLE`] as const),
  ['age', 'age::DOUBLE'],
  ...TEXTS.map(name => [name, name] as const),
  ['label', "array_to_string(label, ',')"],
];
const PLACES: ReadonlyMap<string, number> = new Map(SELECTED.map(([name], i) => [name, i]));

/** The list of columns for a cursor. Other columns than `needed` are NULL, so that they need not be read. */
export const selectList = (needed?: ReadonlySet<string>, aggregate?: (name: string, sql: string) => string): string =>
  SELECTED.map(([name, sql]) => {
    if (needed !== undefined && !needed.has(name)) return `NULL AS ${name}`;
    return `${aggregate === undefined ? sql : aggregate(name, sql)} AS ${name}`;
  }).join(', ');

/** A cursor over the rows of a chunk that DuckDB answered with {@link selectList}. */
export class ChunkCursor implements RowCursor {
  readonly #chunk: DuckDBDataChunk;
  readonly #rows: number;
  #row = -1;
  #allowed: ((row: FlowCursor) => boolean) | undefined;
  readonly #vectors: (DuckDBVector | undefined)[] = [];
  readonly #words: (DataView | undefined)[] = [];

  constructor(chunk: DuckDBDataChunk) {
    this.#chunk = chunk;
    this.#rows = chunk.rowCount;
  }

  next(): boolean {
    while (++this.#row < this.#rows) if (this.#allowed === undefined || this.#allowed(this)) return true;
    return false;
  }

  only(allowed: (row: FlowCursor) => boolean): this {
    this.#allowed = allowed;
    return this;
  }

  #item(name: string): unknown {
    const place = PLACES.get(name)!;
    this.#vectors[place] ??= this.#chunk.getColumnVector(place);
    return this.#vectors[place]!.getItem(this.#row);
  }
  #number(name: NumberName): number {
    return (this.#item(name) as number | null) ?? -1;
  }
  #text(name: string): string | undefined {
    return (this.#item(name) as string | null) ?? undefined;
  }

  word(end: End, index: 0 | 1 | 2 | 3): number {
    if (this.#item(ENDS[end]) === null) return -1;
    let words = this.#words[end];
    if (words === undefined) {
      const { buffer, byteOffset, byteLength } = memoryOf(this.#vectors[PLACES.get(ENDS[end])!]!);
      words = new DataView(buffer, byteOffset, byteLength);
      this.#words[end] = words;
    }
    const word = words.getUint32(this.#row * 16 + 12 - 4 * index, true);
    // The highest bit is flipped, so that UUIDs sort.
    return index === 0 ? (word ^ 0x80000000) >>> 0 : word;
  }

  family(): number {
    return this.#number('family') === 4 ? 2 : 10;
  }
  protonum(): number {
    return this.#number('proto');
  }
  port(end: End): number {
    return this.#number((['sport', 'dport', 'reply_sport', 'reply_dport'] as const)[end]);
  }
  icmpType(direction: Direction): number {
    const type = this.#number('icmp_type');
    if (direction === ORIGINAL || type < 0) return type;
    return (this.family() === 2 ? ICMP_REPLY : ICMPV6_REPLY)[type] ?? type;
  }
  icmpCode(): number {
    return this.#number('icmp_code');
  }
  icmpId(direction: Direction): number {
    return this.#number(direction === ORIGINAL ? 'icmp_id' : 'reply_icmp_id');
  }
  greKey(end: End): number {
    return this.#number((['gre_srckey', 'gre_dstkey', 'reply_gre_srckey', 'reply_gre_dstkey'] as const)[end]);
  }
  zone(): number {
    return Math.max(0, this.#number('both_zone'));
  }
  directionZone(direction: Direction): number {
    return Math.max(0, this.#number(direction === ORIGINAL ? 'orig_zone' : 'reply_zone'));
  }
  state(): number {
    return this.#number('state');
  }
  status(): number {
    return this.#number('status');
  }
  timeout(): number {
    return -1;
  }
  mark(): number {
    return this.#number('mark');
  }
  secmark(): number {
    return this.#number('secmark');
  }
  use(): number {
    return -1;
  }
  id(): number {
    return this.#number('id');
  }
  packets(direction: Direction): number {
    return this.#number(direction === ORIGINAL ? 'orig_packets' : 'reply_packets');
  }
  bytes(direction: Direction): number {
    return this.#number(direction === ORIGINAL ? 'orig_bytes' : 'reply_bytes');
  }
  #labels(): (number | string)[] | undefined {
    const text = this.#text('label');
    if (text === undefined) return undefined;
    return text === '' ? [] : text.split(',').map(label => (/^\d{1,3}$/.test(label) ? Number(label) : label));
  }
  hasLabel(label: number | string): boolean {
    return this.#labels()?.includes(label) ?? false;
  }
  labelCount(): number {
    return this.#labels()?.length ?? -1;
  }
  helper(): string | undefined {
    return this.#text('helper');
  }
  secctx(): string | undefined {
    return this.#text('secctx');
  }
  start(): number {
    return milliseconds(this.#number('start'));
  }
  stop(): number {
    return milliseconds(this.#number('stop'));
  }
  age(): number {
    return this.#number('age');
  }
  vtag(direction: Direction): number {
    return this.#number(direction === ORIGINAL ? 'orig_sctp_vtag' : 'reply_sctp_vtag');
  }
  role(): number {
    return this.#number('dccp_role');
  }
  portid(): number {
    return -1;
  }
  event(): number {
    return -1;
  }

  ref(): FlowRef {
    return refOf(this.flow());
  }

  flow(): Flow {
    return flowAt(this, { start: this.#number('start'), stop: this.#number('stop'), labels: this.#labels() });
  }
}

const milliseconds = (microseconds: number): number => (microseconds < 0 ? -1 : microseconds / 1000);

/** RFC 3339 with the six digits that are recorded. */
function timeText(microseconds: number): string {
  const whole = Math.floor(microseconds / 1000);
  const rest = String(microseconds - whole * 1000).padStart(3, '0');
  return `${new Date(whole).toISOString().slice(0, -1)}${rest}Z`;
}

const put = (target: object, name: string, value: number): void => {
  if (value >= 0) (target as Record<string, number>)[name] = value;
};

function addressAt(cursor: FlowCursor, end: End): string {
  const words = [cursor.word(end, 0), cursor.word(end, 1), cursor.word(end, 2), cursor.word(end, 3)] as const;
  const [first, second, third] = words;
  if (first < 0) return '';
  const mapped = first === 0 && second === 0 && third === MAPPED_WORD;
  return formatAddress({ family: mapped && cursor.family() === 2 ? 'ipv4' : 'ipv6', words: [...words] });
}

function tupleAt(cursor: FlowCursor, direction: Direction): FlowTuple {
  const [src, dst] = direction === ORIGINAL ? ([0, 1] as const) : ([2, 3] as const);
  const tuple: FlowTuple = { src: addressAt(cursor, src), dst: addressAt(cursor, dst) };
  put(tuple, 'sport', cursor.port(src));
  put(tuple, 'dport', cursor.port(dst));
  put(tuple, 'type', cursor.icmpType(direction));
  put(tuple, 'code', cursor.icmpCode(direction));
  put(tuple, 'id', cursor.icmpId(direction));
  put(tuple, 'srckey', cursor.greKey(src));
  put(tuple, 'dstkey', cursor.greKey(dst));
  if (cursor.directionZone(direction) > 0) tuple.zone = cursor.directionZone(direction);
  put(tuple, 'packets', cursor.packets(direction));
  put(tuple, 'bytes', cursor.bytes(direction));
  return tuple;
}

function flowAt(
  cursor: FlowCursor,
  { start, stop, labels }: { start: number; stop: number; labels: (number | string)[] | undefined },
): Flow {
  const protonum = cursor.protonum();
  const flow: Flow = {
    family: cursor.family() === 2 ? 'ipv4' : 'ipv6',
    protocol: protocolOf(protonum).name,
    protonum,
    original: tupleAt(cursor, ORIGINAL),
    reply: tupleAt(cursor, REPLY),
  };
  put(flow, 'id', cursor.id());
  if (cursor.state() >= 0) flow.state = stateName(protonum, cursor.state());
  if (cursor.status() >= 0) flow.status = statusNames(cursor.status());
  put(flow, 'mark', cursor.mark());
  put(flow, 'secmark', cursor.secmark());
  if (cursor.zone() > 0) flow.zone = cursor.zone();
  const helper = cursor.helper();
  const secctx = cursor.secctx();
  if (helper !== undefined) flow.helper = helper;
  if (secctx !== undefined) flow.secctx = secctx;
  if (labels !== undefined) flow.labels = labels;
  if (start >= 0) flow.start = timeText(start);
  if (stop >= 0) flow.stop = timeText(stop);
  const [original, reply] = [cursor.vtag(ORIGINAL), cursor.vtag(REPLY)];
  if (original >= 0 || reply >= 0)
    flow.protoinfo = { vtag: { ...(original >= 0 && { original }), ...(reply >= 0 && { reply }) } };
  if (cursor.role() >= 0) flow.protoinfo = { ...flow.protoinfo, role: cursor.role() === 0 ? 'client' : 'server' };
  if (flow.id !== undefined && flow.original.src !== '' && flow.original.dst !== '') {
    const key = keyOf(flow);
    if (key !== undefined) flow.key = key;
  }
  return flow;
}

/** Makes a batch of rows of a chunk. */
export const batchOfChunk = (chunk: DuckDBDataChunk): RowBatch => ({ cursor: () => new ChunkCursor(chunk) });
