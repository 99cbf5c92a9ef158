import type { EntryReader } from './reader.js';

/** Result of {@link EntryFormat.write}: there may not be enough room. */
export const NO_ROOM = -1;
/** Result of {@link EntryFormat.write}: the entry has something that this format writes only from a `Flow`. */
export const NEEDS_FLOW = -2;

/** A format in which entries are written directly from the kernel's bytes. */
export interface EntryFormat {
  /**
   * Writes the current entry as UTF-8, with its line end. Returns the end of the text, or {@link NO_ROOM} or {@link NEEDS_FLOW} if the
   * entry was not written. Bytes before `at` stay unchanged; bytes after the end may change.
   */
  write(entry: EntryReader, out: Uint8Array, at: number): number;
}
