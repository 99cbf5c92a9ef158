import { crc32 } from 'node:zlib';
import type { Block, LeftOut } from './block.js';
import { COLUMNS, type ColumnName, RAW_KINDS, TEXT_COLUMNS } from './columns.js';

/** `CTH1`, little-endian. */
const MAGIC = 0x31485443;
const HEADER = 48;

/** The header of a block. */
export interface BlockHeader {
  /** Bytes of the block with its header. */
  readonly bytes: number;
  /** Number of rows. 0: a mark, which says that the recorder ran at this time. */
  readonly rows: number;
  /** Times of the rows in milliseconds since 1970. */
  readonly minTime: number;
  readonly maxTime: number;
  /** Whether the recorder stopped in order after this. */
  readonly last: boolean;
}

const padded = (bytes: number): number => (bytes + 7) & ~7;

/** Whether all rows of a column have the value that means "unknown". */
function isAbsent(values: { readonly [index: number]: number }, length: number, absent: number): boolean {
  for (let i = 0; i < length; i++) if (values[i] !== absent) return false;
  return true;
}

/** Returns a block as the bytes of the journal. `leftOut`: columns that must not be kept. */
export function encodeBlock(block: Block, leftOut: LeftOut = new Set()): Uint8Array {
  const { rows } = block;
  const parts: { at: number; bytes: Uint8Array }[] = [];
  let low = 0;
  let high = 0;
  let at = HEADER;
  for (const [i, { name, kind, absent }] of COLUMNS.entries()) {
    const values = block.columns[name];
    const length = rows * RAW_KINDS[kind].words;
    if (leftOut.has(name) || isAbsent(values, length, absent)) continue;
    if (i < 32) low |= 1 << i;
    else high |= 1 << (i - 32);
    const bytes = new Uint8Array(values.buffer, values.byteOffset, length * values.BYTES_PER_ELEMENT);
    parts.push({ at, bytes });
    at += padded(bytes.length);
  }
  const texts = [...block.texts].map(([row, columns]) => [
    row,
    Object.fromEntries(Object.entries(columns).filter(([name]) => !leftOut.has(name as never))),
  ]);
  const text = Buffer.from(texts.length === 0 ? '' : JSON.stringify(texts));
  parts.push({ at, bytes: text });
  const out = new Uint8Array(padded(at + text.length));
  for (const part of parts) out.set(part.bytes, part.at);
  seal(out, { rows, minTime: block.minTime, maxTime: block.maxTime }, [low, high, text.length]);
  return out;
}

/** Returns a mark: the recorder ran at this time. `last`: it stops now. */
export function encodeMark(time: number, last = false): Uint8Array {
  const out = new Uint8Array(HEADER);
  seal(out, { rows: 0, minTime: time, maxTime: time }, [last ? 1 : 0, 0, 0]);
  return out;
}

function seal(
  out: Uint8Array,
  { rows, minTime, maxTime }: Pick<BlockHeader, 'rows' | 'minTime' | 'maxTime'>,
  [low, high, text]: readonly [number, number, number],
): void {
  const view = new DataView(out.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(8, out.length, true);
  view.setUint32(12, rows, true);
  view.setFloat64(16, minTime, true);
  view.setFloat64(24, maxTime, true);
  view.setUint32(32, low, true);
  view.setUint32(36, high, true);
  view.setUint32(40, text, true);
  view.setUint32(4, crc32(out.subarray(8)), true);
}

/** Returns the header of the block at an offset, if a whole and undamaged block is there. */
export function headerAt(bytes: Uint8Array, at: number): BlockHeader | undefined {
  if (at + HEADER > bytes.length) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset + at);
  const length = view.getUint32(8, true);
  if (view.getUint32(0, true) !== MAGIC || length < HEADER || at + length > bytes.length) return undefined;
  if (view.getUint32(4, true) !== crc32(bytes.subarray(at + 8, at + length))) return undefined;
  const rows = view.getUint32(12, true);
  return {
    bytes: length,
    rows,
    minTime: view.getFloat64(16, true),
    maxTime: view.getFloat64(24, true),
    last: rows === 0 && view.getUint32(32, true) === 1,
  };
}

/** Adds the columns that the rows of a block use. */
export function noteUsed(bytes: Uint8Array, at: number, used: Set<ColumnName>): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at);
  const low = view.getUint32(32, true);
  const high = view.getUint32(36, true);
  for (const [i, { name }] of COLUMNS.entries())
    if (((i < 32 ? low >>> i : high >>> (i - 32)) & 1) === 1) used.add(name);
  if (view.getUint32(40, true) > 0) for (const name of TEXT_COLUMNS) used.add(name);
}

/** Reads the block at an offset, whose header was checked, into `block`. */
export function decodeBlock(bytes: Uint8Array, at: number, block: Block): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at);
  const rows = view.getUint32(12, true);
  const low = view.getUint32(32, true);
  const high = view.getUint32(36, true);
  block.clear();
  block.rows = rows;
  block.minTime = view.getFloat64(16, true);
  block.maxTime = view.getFloat64(24, true);
  let from = at + HEADER;
  for (const [i, { name, kind, absent }] of COLUMNS.entries()) {
    const values = block.columns[name];
    const length = rows * RAW_KINDS[kind].words;
    if (((i < 32 ? low >>> i : high >>> (i - 32)) & 1) === 0) {
      values.fill(absent, 0, length);
      continue;
    }
    const size = length * values.BYTES_PER_ELEMENT;
    new Uint8Array(values.buffer, values.byteOffset, size).set(bytes.subarray(from, from + size));
    from += padded(size);
  }
  const text = view.getUint32(40, true);
  if (text === 0) return;
  const texts = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset + from, text).toString()) as [
    number,
    Record<string, string>,
  ][];
  for (const [row, columns] of texts) block.texts.set(row, columns);
}

/** A stretch of a journal that cannot be read, with readable blocks behind it. */
export interface DamagedPart {
  readonly from: number;
  readonly to: number;
}

/**
 * Yields the offsets and headers of a journal's blocks. An end that is cut off, as kill −9 or a power failure leaves it, is normal. A
 * damaged part before other blocks is skipped and reported.
 */
export function* blocksOf(
  bytes: Uint8Array,
  onDamage: (part: DamagedPart) => void = () => {},
  start = 0,
): Generator<BlockHeader & { readonly at: number }> {
  for (let at = start; at < bytes.length; ) {
    const header = headerAt(bytes, at);
    if (header !== undefined) {
      yield { ...header, at };
      at += header.bytes;
      continue;
    }
    const from = at;
    do at += 8;
    while (at < bytes.length && headerAt(bytes, at) === undefined);
    if (at < bytes.length) onDamage({ from, to: at });
  }
}
