import { REPLY_DST, REPLY_SRC } from '@conntrack/flow/codec';
import type { EntryCursor } from '../entry/cursor.js';
import {
  CTA_ID,
  CTA_TUPLE_REPLY,
  CTA_ZONE,
  IPCTNL_MSG_CT_DELETE,
  NFNL_SUBSYS_CTNETLINK,
  NLM_F_ACK,
  NLM_F_REQUEST,
} from '../wire/uapi.js';
import { MessageWriter } from '../wire/writer.js';
import { writeDelete } from './flow.js';
import type { WrittenRequests } from './send-written.js';

/** The header of an attribute: its length and its type (linux/netlink.h, nlattr). */
const HEADER = 4;

/**
 * Entries of a dump that are to be deleted: see {@link Conntrack.deleteEntries}. Each request is made from the entry's own bytes when it is added,
 * which is several times as fast as a `FlowRef`, and the memory of the dump may be reused afterwards.
 */
export class EntryDeletions implements WrittenRequests {
  readonly #writer = new MessageWriter(65_536);
  readonly #starts: number[] = [];

  /** Number of entries. */
  get count(): number {
    return this.#starts.length;
  }

  /** Adds the entry that a cursor stands on. It is named as `deleteMany` names it: by reply tuple, zone and id. */
  add(entry: EntryCursor): void {
    const start = this.#writer.length;
    writeEntryDelete(this.#writer, this.#starts.length + 1, entry);
    this.#starts.push(start);
  }

  /** Forgets all entries, and keeps the memory for the next ones. */
  clear(): this {
    this.#writer.clear();
    this.#starts.length = 0;
    return this;
  }

  /** Returns some of the requests, as bytes that are valid until the next change. */
  window(from: number, to: number): Uint8Array {
    this.#writer.flagAt(this.#starts[to - 1]!, NLM_F_ACK);
    return this.#writer.bytes().subarray(this.#starts[from], this.#starts[to] ?? this.#writer.length);
  }
}

/** Writes the DELETE of an entry from its bytes, without the acknowledge flag. It says what {@link writeDelete} says of the entry's reference. */
export function writeEntryDelete(writer: MessageWriter, sequence: number, entry: EntryCursor): void {
  const reply = entry.locate(CTA_TUPLE_REPLY);
  const id = entry.locate(CTA_ID);
  // A request without a tuple would empty the table. Every kernel sends both; anything else is left to the checks of references.
  if (reply === 0 || id === 0 || entry.addressAt(REPLY_SRC) === 0 || entry.addressAt(REPLY_DST) === 0) {
    writeDelete(writer, sequence, 0, entry.ref());
    return;
  }
  writer.begin(NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_DELETE, NLM_F_REQUEST, sequence, entry.family());
  const { view } = entry;
  writer.copy(view, reply - HEADER, entry.stopOf(CTA_TUPLE_REPLY));
  const zone = entry.locate(CTA_ZONE);
  if (zone !== 0) writer.copy(view, zone - HEADER, entry.stopOf(CTA_ZONE));
  writer.copy(view, id - HEADER, entry.stopOf(CTA_ID)).end();
}
