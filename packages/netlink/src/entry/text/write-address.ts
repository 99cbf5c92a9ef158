import type { Direction, End } from '@conntrack/flow';
import { AF_INET, ORIGINAL, ORIGINAL_DST, ORIGINAL_SRC, REPLY, REPLY_DST, REPLY_SRC } from '@conntrack/flow/codec';
import type { EntryReader } from '../reader.js';
import type { ByteWriter } from './byte-writer.js';
import { putIPv4, putIPv6 } from './digits.js';

/** The ends of each direction. */
export const ENDS: Readonly<Record<Direction, readonly [src: End, dst: End]>> = {
  [ORIGINAL]: [ORIGINAL_SRC, ORIGINAL_DST],
  [REPLY]: [REPLY_SRC, REPLY_DST],
};

const bytes = new Uint8Array(16);
const view = new DataView(bytes.buffer);

/** Writes one address of an entry, read through the cursor. */
export function writeAddress(entry: EntryReader, end: End, out: ByteWriter): void {
  for (let i = 0; i < 4; i++) view.setInt32(i * 4, Math.max(0, entry.word(end, i as 0 | 1 | 2 | 3)));
  out.at =
    entry.family() === AF_INET ? putIPv4(out.view, out.at, bytes, 12) : putIPv6(out.view, out.at, view, 0, bytes);
}
