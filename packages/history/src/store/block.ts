import type { End, FlowCursor } from '@conntrack/flow';
import { ORIGINAL, ORIGINAL_DST, ORIGINAL_SRC, REPLY, REPLY_DST, REPLY_SRC } from '@conntrack/flow/codec';
import type { Gap, RecordCursor } from '../record.js';
import { COLUMNS, type ColumnName, type NumberColumn, RAW_KINDS } from './columns.js';

/** Maximum number of rows in a block: the size of DuckDB's vectors. */
export const BLOCK_ROWS = 2048;

/** The kind of a row that is an end. */
export const END_KIND = 0;
/** The kind of a row that is a gap. */
export const GAP_KIND = 4;

/** The text of a few rows: by row, then by column. */
export type Texts = Map<number, Record<string, string>>;

/** Rows of the history in columns, as they are written to the journal and given to DuckDB. */
export class Block {
  static readonly ROWS = BLOCK_ROWS;
  rows = 0;
  /** Times of the rows in milliseconds since 1970. */
  minTime = Number.POSITIVE_INFINITY;
  maxTime = Number.NEGATIVE_INFINITY;
  readonly texts: Texts = new Map();
  readonly columns: Readonly<Record<NumberColumn, Uint8Array | Uint16Array | Int32Array | Uint32Array | Float64Array>>;

  constructor() {
    this.columns = Object.fromEntries(
      COLUMNS.map(({ name, kind }) => {
        const { make, words } = RAW_KINDS[kind];
        return [name, new make(BLOCK_ROWS * words)];
      }),
    ) as unknown as Block['columns'];
  }

  get full(): boolean {
    return this.rows === BLOCK_ROWS;
  }

  clear(): void {
    this.rows = 0;
    this.minTime = Number.POSITIVE_INFINITY;
    this.maxTime = Number.NEGATIVE_INFINITY;
    this.texts.clear();
  }

  /** Adds the row of a cursor. */
  add(cursor: RecordCursor): void {
    const row = this.#next(cursor.kind(), cursor.time());
    const { columns } = this;
    columns.start[row] = microseconds(cursor.start());
    columns.family[row] = cursor.family() === 2 ? 4 : 6;
    columns.proto[row] = cursor.protonum();
    this.#tuples(row, cursor);
    columns.zone[row] = cursor.zone();
    columns.orig_zone[row] = cursor.directionZone(ORIGINAL);
    columns.reply_zone[row] = cursor.directionZone(REPLY);
    columns.state[row] = cursor.state();
    columns.status[row] = cursor.status();
    columns.mark[row] = cursor.mark();
    columns.secmark[row] = cursor.secmark();
    columns.id[row] = cursor.id();
    columns.orig_packets[row] = cursor.packets(ORIGINAL);
    columns.orig_bytes[row] = cursor.bytes(ORIGINAL);
    columns.reply_packets[row] = cursor.packets(REPLY);
    columns.reply_bytes[row] = cursor.bytes(REPLY);
    columns.portid[row] = cursor.portid();
    this.#rare(row, cursor);
  }

  /** Adds a gap as a row: its time is the end of the gap, its start the beginning. */
  addGap({ from, to, cause, reason, of, rows }: Gap): void {
    const row = this.#next(GAP_KIND, to);
    for (const { name, kind, absent } of COLUMNS)
      if (name !== 'kind' && name !== 'time') {
        const words = RAW_KINDS[kind].words;
        this.columns[name].fill(absent, row * words, (row + 1) * words);
      }
    this.columns.start[row] = microseconds(from);
    this.texts.set(row, { note: JSON.stringify({ cause, reason, of, rows }) });
  }

  #next(kind: number, time: number): number {
    const row = this.rows++;
    this.columns.kind[row] = kind;
    this.columns.time[row] = microseconds(time);
    if (time < this.minTime) this.minTime = time;
    if (time > this.maxTime) this.maxTime = time;
    return row;
  }

  /** Stores the reply tuple only where it is not the original one reversed. */
  #tuples(row: number, cursor: FlowCursor): void {
    const { columns } = this;
    putAddress(columns.src as Uint32Array, row, cursor, ORIGINAL_SRC);
    putAddress(columns.dst as Uint32Array, row, cursor, ORIGINAL_DST);
    putMirrored(columns.reply_src as Uint32Array, row, cursor, REPLY_SRC, ORIGINAL_DST);
    putMirrored(columns.reply_dst as Uint32Array, row, cursor, REPLY_DST, ORIGINAL_SRC);
    const sport = cursor.port(ORIGINAL_SRC);
    const dport = cursor.port(ORIGINAL_DST);
    const replySport = cursor.port(REPLY_SRC);
    const replyDport = cursor.port(REPLY_DST);
    columns.sport[row] = sport;
    columns.dport[row] = dport;
    columns.reply_sport[row] = replySport === dport ? -1 : replySport;
    columns.reply_dport[row] = replyDport === sport ? -1 : replyDport;
  }

  /** Fields of a few protocols, and of entries with labels, a helper or a security context. */
  #rare(row: number, cursor: RecordCursor): void {
    const { columns } = this;
    const id = cursor.icmpId(ORIGINAL);
    columns.icmp_type[row] = cursor.icmpType(ORIGINAL);
    columns.icmp_code[row] = cursor.icmpCode(ORIGINAL);
    columns.icmp_id[row] = id;
    const replyId = cursor.icmpId(REPLY);
    columns.reply_icmp_id[row] = replyId === id ? -1 : replyId;
    const srckey = cursor.greKey(ORIGINAL_SRC);
    const dstkey = cursor.greKey(ORIGINAL_DST);
    const replySrckey = cursor.greKey(REPLY_SRC);
    const replyDstkey = cursor.greKey(REPLY_DST);
    columns.gre_srckey[row] = srckey;
    columns.gre_dstkey[row] = dstkey;
    columns.reply_gre_srckey[row] = replySrckey === dstkey ? -1 : replySrckey;
    columns.reply_gre_dstkey[row] = replyDstkey === srckey ? -1 : replyDstkey;
    columns.orig_sctp_vtag[row] = cursor.vtag(ORIGINAL);
    columns.reply_sctp_vtag[row] = cursor.vtag(REPLY);
    columns.dccp_role[row] = cursor.role();
    const helper = cursor.helper();
    const secctx = cursor.secctx();
    const labels = cursor.labelCount();
    if (helper === undefined && secctx === undefined && labels < 0) return;
    this.texts.set(row, {
      ...(helper !== undefined && { helper }),
      ...(secctx !== undefined && { secctx }),
      ...(labels >= 0 && { label: (cursor.flow().labels ?? []).join(',') }),
    });
  }
}

/** The unit of the columns with times, as a whole number; −1 if the time is unknown. */
const microseconds = (milliseconds: number): number => (milliseconds < 0 ? -1 : Math.round(milliseconds * 1000));

/** Writes an address as DuckDB stores a UUID: 128 bits, little-endian, with the highest bit flipped, so that they sort. */
function putAddress(words: Uint32Array, row: number, cursor: FlowCursor, end: End): void {
  const at = row * 4;
  const first = cursor.word(end, 0);
  if (first < 0) {
    words.fill(0xffffffff, at, at + 4);
    return;
  }
  words[at] = cursor.word(end, 3);
  words[at + 1] = cursor.word(end, 2);
  words[at + 2] = cursor.word(end, 1);
  words[at + 3] = first ^ 0x80000000;
}

function putMirrored(words: Uint32Array, row: number, cursor: FlowCursor, end: End, mirror: End): void {
  for (let i = 3; i >= 0; i--)
    if (cursor.word(end, i as 0 | 1 | 2 | 3) !== cursor.word(mirror, i as 0 | 1 | 2 | 3)) {
      putAddress(words, row, cursor, end);
      return;
    }
  words.fill(0xffffffff, row * 4, row * 4 + 4);
}

/** The columns that a set of left-out fields clears. */
export type LeftOut = ReadonlySet<ColumnName>;
