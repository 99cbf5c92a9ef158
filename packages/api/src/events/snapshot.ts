import type { Filter } from '@conntrack/filter';
import { printableJson } from '@conntrack/flow/text';
import type { LocalTable, RowCursor } from '@conntrack/table';
import { JSON_ROW } from '../http/answer/formats.js';
import { type EventFormat, sseHead } from './records.js';

/** Size of a write in bytes, and the fill level from which it is written. */
const CHUNK = 64 * 1024;
const FULL = CHUNK - 8 * 1024;

/** Receives the rows of a snapshot. */
export interface RowWriter {
  readonly format: EventFormat;
  /** The position written in every row. */
  readonly position: string;
  /** Whether a flow may end without an event. */
  isEndUncertain(row: RowCursor): boolean;
  /** Resolves when the reader can take more. @throws when nobody reads any more */
  ready(): Promise<void>;
  /** Resolves when the memory of the bytes may be reused. */
  write(bytes: Uint8Array): Promise<void>;
}

/**
 * Writes all matching flows as `snapshot` records, as fast as the reader takes them. Other records may come between
 * them, but never inside one.
 */
export async function writeSnapshot(
  table: LocalTable,
  filter: Filter,
  { format, position, isEndUncertain, write, ready }: RowWriter,
  signal: AbortSignal,
): Promise<void> {
  const [head, tail] = format === 'sse' ? [sseHead('snapshot', undefined), '}\n\n'] : ['', '}\n'];
  const ordinary = Buffer.from(`${head}{"type":"snapshot","position":"${position}","flow":`);
  const uncertain = Buffer.from(`${head}{"type":"snapshot","uncertainEnd":true,"position":"${position}","flow":`);
  const behind = Buffer.from(tail);
  const chunk = Buffer.allocUnsafeSlow(CHUNK);
  let length = 0;
  const flush = async (): Promise<void> => {
    if (length === 0) return;
    await ready();
    await write(chunk.subarray(0, length));
    length = 0;
  };
  const one = (cursor: RowCursor, before: Buffer): boolean => {
    const at = length + before.copy(chunk, length);
    const end = cursor.write?.(JSON_ROW, chunk, at) ?? -1;
    if (end < 0 || end + behind.length > CHUNK) return false;
    length = end + behind.copy(chunk, end);
    return true;
  };
  for await (const rows of table.rows({ filter, signal })) {
    while (rows.next()) {
      if (length > FULL) await flush();
      const before = isEndUncertain(rows.cursor) ? uncertain : ordinary;
      if (one(rows.cursor, before)) continue;
      const text = Buffer.from(printableJson(rows.cursor.flow()));
      const size = before.length + text.length + behind.length;
      if (length + size > CHUNK) await flush();
      if (size > CHUNK) await write(Buffer.concat([before, text, behind]));
      else length += Buffer.concat([before, text, behind]).copy(chunk, length);
    }
    await flush();
  }
}
