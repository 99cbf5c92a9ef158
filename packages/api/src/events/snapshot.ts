import type { Filter } from '@conntrack/filter';
import { printableJson } from '@conntrack/flow/text';
import type { LocalTable, RowCursor } from '@conntrack/table';
import { JSON_ROW } from '../http/answer/formats.js';
import { type EventFormat, sseHead } from './records.js';

/** Bytes that are written at once, and from how many on they are. */
const CHUNK = 64 * 1024;
const FULL = CHUNK - 8 * 1024;

/** Where the rows of a snapshot go. */
export interface RowWriter {
  readonly format: EventFormat;
  /** What stands as their position. */
  readonly position: string;
  /** Whether a flow may end without an event. */
  isUnheard(row: RowCursor): boolean;
  /** Resolves when more can be taken. @throws when nobody wants it any more */
  ready(): Promise<void>;
  /** Resolves when the memory of the bytes may be written again. */
  write(bytes: Uint8Array): Promise<void>;
}

/** Writes all flows that match as `snapshot` records, as fast as they are taken. Records are never parted: others come between them. */
export async function writeSnapshot(
  table: LocalTable,
  filter: Filter,
  { format, position, isUnheard, write, ready }: RowWriter,
  signal: AbortSignal,
): Promise<void> {
  const [head, tail] = format === 'sse' ? [sseHead('snapshot', undefined), '}\n\n'] : ['', '}\n'];
  const heard = Buffer.from(`${head}{"type":"snapshot","position":"${position}","flow":`);
  const unheard = Buffer.from(`${head}{"type":"snapshot","unheard":true,"position":"${position}","flow":`);
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
      const before = isUnheard(rows.cursor) ? unheard : heard;
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
