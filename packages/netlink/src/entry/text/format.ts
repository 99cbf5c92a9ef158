import { type EntryFormat, NEEDS_FLOW, NO_ROOM } from '../format.js';
import type { EntryReader } from '../reader.js';
import { ByteWriter, MARGIN } from './byte-writer.js';

/** Makes a format from a function that writes an entry through a `ByteWriter`, or returns false if it cannot. */
export function formatOf(write: (entry: EntryReader, out: ByteWriter) => boolean): EntryFormat {
  const writer = new ByteWriter(0);
  return {
    write(entry, out, at) {
      if (out.length - at < MARGIN) return NO_ROOM;
      writer.onto(out, at);
      if (!write(entry, writer)) return NEEDS_FLOW;
      return writer.bytes === out ? writer.at : NO_ROOM;
    },
  };
}
