import type { EntryReader } from './reader.js';

/** Answer of {@link EntryFormat.write}: there may not be room enough. */
export const NO_ROOM = -1;
/** Answer of {@link EntryFormat.write}: the entry has something that this format writes from a `Flow` alone. */
export const NEEDS_FLOW = -2;

/** How entries are written, straight from the kernel's bytes. */
export interface EntryFormat {
  /**
   * Writes the entry that a cursor stands on, as UTF-8, with its line end. Answers where it ends; {@link NO_ROOM} or {@link NEEDS_FLOW} where it is not
   * written. Nothing in front of `at` is touched; bytes behind the end may be.
   */
  write(entry: EntryReader, out: Uint8Array, at: number): number;
}
