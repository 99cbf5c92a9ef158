import type { Flow, FlowCursor, FlowRef } from '@conntrack/flow';
import type { PackedEntry } from '@conntrack/flow/codec';
import { flowOf, refOfEntry } from './flow.js';
import type { EntryFormat } from './format.js';
import { packEntry } from './pack.js';
import { EntryReader } from './reader.js';

/**
 * A cursor over entries as the kernel sent them. It stands before the first entry; {@link next} moves it.
 *
 * Attributes are located only as far as a question needs them, and only requested fields are decoded.
 */
export class EntryCursor extends EntryReader implements FlowCursor {
  #allowed: ((entry: EntryCursor) => boolean) | undefined;

  /** Limits the cursor: {@link next} stops only on entries for which the function returns true. Returns this cursor. */
  only(allowed: (entry: EntryCursor) => boolean): this {
    this.#allowed = allowed;
    return this;
  }

  /** Moves to the next entry; returns false at the end. @throws NetlinkError MALFORMED */
  override next(): boolean {
    const allowed = this.#allowed;
    if (allowed === undefined) return super.next();
    while (super.next()) if (allowed(this)) return true;
    return false;
  }

  /** Returns the whole entry as an object that keeps none of the bytes. */
  flow(): Flow {
    return flowOf(this);
  }

  /** Returns a reference that identifies this entry. */
  ref(): FlowRef {
    return refOfEntry(this);
  }

  /** Writes the entry as numbers. Of an event that reports an end, only the identity is written. */
  pack(into: PackedEntry): void {
    packEntry(this, into);
  }

  /** Writes the entry directly from its bytes, in a format of `@conntrack/netlink/text`. Returns the end of the text, see `EntryFormat.write`. */
  write(format: EntryFormat, out: Uint8Array, at: number): number {
    return format.write(this, out, at);
  }
}
