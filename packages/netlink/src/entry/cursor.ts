import type { Flow, FlowCursor, FlowRef } from '@conntrack/flow';
import * as U from '../wire/uapi.js';
import { flowOf, hasIdleSynproxy, hasRareFields, refOfEntry } from './flow.js';
import type { EntryFormat } from './format.js';
import { tcpBytesOf } from './protoinfo.js';
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

  /** Whether the flow has fields that are neither common nor offered by a method here, or rare: labels, a helper, a master, another protocol's state … */
  hasRare(): boolean {
    return hasRareFields(this);
  }

  /** Whether the entry has SYNPROXY's state with zeros only. It does not count as rare. */
  hasIdleSynproxy(): boolean {
    return hasIdleSynproxy(this);
  }

  /** Returns TCP's window scales and flags of both directions as the four bytes of one signed number; −1 if one is missing. */
  tcpBytes(): number {
    return tcpBytesOf(this);
  }

  /** Returns half of the start time in nanoseconds since 1970: 0 the high 32 bits, 1 the low ones. Both are 0 if it is unknown. */
  startWord(half: 0 | 1): number {
    const at = this.inside(U.CTA_TIMESTAMP, U.CTA_TIMESTAMP_START, 8);
    return at === 0 ? 0 : this.view.getUint32(at + half * 4);
  }

  /** Writes the entry directly from its bytes, in a format of `@conntrack/netlink/text`. Returns the end of the text, see `EntryFormat.write`. */
  write(format: EntryFormat, out: Uint8Array, at: number): number {
    return format.write(this, out, at);
  }
}
