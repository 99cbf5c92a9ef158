/** Version of IPFIX in a message header. */
const VERSION = 10;
/** Bytes of a message header (RFC 7011, 3.1). */
export const MESSAGE_HEADER = 16;
/** Bytes of a set header (RFC 7011, 3.3.2). */
export const SET_HEADER = 4;

/** A message whose header is completed when it is sent. */
export interface Message {
  readonly bytes: Uint8Array;
  /** Number of data records, by which the sequence number grows. */
  readonly records: number;
}

/** Writes a message header. @param sequence data records that were sent before this message, modulo 2^32 */
export function stamp(bytes: Uint8Array, sequence: number, domain: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  view.setUint16(0, VERSION);
  view.setUint16(2, bytes.length);
  view.setUint32(4, Math.floor(Date.now() / 1000));
  view.setUint32(8, sequence);
  view.setUint32(12, domain);
}

/** Fills messages with data records. Never makes a message longer than the limit. */
export class MessageBuilder {
  readonly #limit: number;
  #bytes!: Uint8Array<ArrayBuffer>;
  /** Where the record of the last `add` is written. */
  view!: DataView<ArrayBuffer>;
  #end = MESSAGE_HEADER;
  #records = 0;
  // Start and number of the open set. 0: there is none.
  #setAt = 0;
  #set = 0;

  constructor(limit: number) {
    this.#limit = limit;
    this.#allocate();
  }

  #allocate(): void {
    // Not from Node's pool, of which a long queue would keep much more than its messages.
    this.#bytes = new Uint8Array(this.#limit);
    this.view = new DataView(this.#bytes.buffer);
    this.#end = MESSAGE_HEADER;
    this.#records = 0;
    this.#set = 0;
  }

  /** Whether the message has room for one more record of a set. */
  fits(set: number, length: number): boolean {
    return this.#end + length + (set === this.#set ? 0 : SET_HEADER) <= this.#limit;
  }

  /** Reserves a record in `view`, and returns its offset. The caller has asked `fits`. */
  add(set: number, length: number): number {
    if (set !== this.#set) {
      this.#setAt = this.#end;
      this.#set = set;
      this.view.setUint16(this.#setAt, set);
      this.#end += SET_HEADER;
    }
    const at = this.#end;
    this.#end += length;
    this.#records++;
    this.view.setUint16(this.#setAt + 2, this.#end - this.#setAt);
    return at;
  }

  /** Returns the message, and starts another one; `undefined` if it has no records. */
  take(): Message | undefined {
    if (this.#records === 0) return undefined;
    const message = { bytes: this.#bytes.subarray(0, this.#end), records: this.#records };
    this.#allocate();
    return message;
  }
}

/** Puts sets without data records into messages, each within the limit. A set that is longer than the limit has a message of its own. */
export function packSets(sets: readonly Uint8Array[], limit: number): Uint8Array[] {
  const messages: Uint8Array[][] = [];
  let room = 0;
  for (const set of sets) {
    if (set.length > room) {
      messages.push([new Uint8Array(MESSAGE_HEADER)]);
      room = limit - MESSAGE_HEADER;
    }
    messages.at(-1)!.push(set);
    room -= set.length;
  }
  return messages.map(parts => Buffer.concat(parts));
}
