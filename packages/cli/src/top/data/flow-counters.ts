import type { FlowCursor } from '@conntrack/flow';
import { AF_INET, ORIGINAL, ORIGINAL_DST, ORIGINAL_SRC, REPLY } from '@conntrack/flow/codec';
import { enlarged, hashOf, KeyTable } from './key-table.js';

/** Milliseconds below which a difference says too little. A row that is read again earlier keeps its rate. */
const SHORTEST = 500;
/** Scans after which a flow that no longer appears is forgotten. A dump may miss an entry, but hardly twice. */
const REMEMBERED = 3;
/** Keys that are moved before other work gets its turn. */
const STEP = 16_384;

const UNKNOWN = -1;

/** Sum of a counter over both directions; −1 if the entry has none. */
export const sumOf = (original: number, reply: number): number =>
  original < 0 && reply < 0 ? UNKNOWN : Math.max(0, original) + Math.max(0, reply);

/**
 * The counters that each flow had in earlier scans, to compute rates: about 45 bytes a flow. A flow is identified by its id and a hash of its
 * original tuple, 64 bits together.
 */
export class FlowCounters {
  #keys = new KeyTable(2);
  #bytes = new Float64Array(0);
  #packets = new Float64Array(0);
  #times = new Uint32Array(0);
  #rates = new Float32Array(0);
  #packetRates = new Float32Array(0);
  readonly #key = new Uint32Array(2);
  readonly #tuple = new Uint32Array(11);
  /** Starts of the last scans, newest first. */
  readonly #starts: number[] = [];
  /** The start of the last complete scan. `undefined`: a flow that was not seen before is not known to be new. */
  #baseline: number | undefined;

  /** Bytes a second of the flow that was noted last; −1 if unknown. */
  rate = UNKNOWN;
  /** Packets a second of the flow that was noted last; −1 if unknown. */
  packetRate = UNKNOWN;

  /** Number of remembered flows. */
  get size(): number {
    return this.#keys.size;
  }

  /** Begins a scan of about `expected` flows. Times are milliseconds since any moment, and never go back. */
  begin(now: number, expected = 0): void {
    // Growing would take a moment for each time that the table doubles.
    if (this.#keys.size === 0) this.#keys = new KeyTable(2, expected);
    this.#starts.unshift(now);
    this.#starts.length = Math.min(this.#starts.length, REMEMBERED);
  }

  /** Ends a complete scan. */
  end(): void {
    this.#baseline = this.#starts[0];
  }

  /** Forgets which flows exist, because other flows are scanned from now on. Remembered counters stay valid. */
  forgetBaseline(): void {
    this.#baseline = undefined;
  }

  /** Notes the counters of a flow, and sets {@link rate} and {@link packetRate}. */
  note(cursor: FlowCursor, bytes: number, packets: number, now: number): void {
    this.rate = UNKNOWN;
    this.packetRate = UNKNOWN;
    if (bytes < 0 || packets < 0) return;
    const before = this.#keys.size;
    const number = this.#keys.add(this.#keyOf(cursor));
    if (this.#keys.size > before) {
      this.#makeRoom();
      if (this.#baseline !== undefined) this.#setRates(number, bytes, packets, now - this.#baseline);
      else this.#rates[number] = this.#packetRates[number] = UNKNOWN;
    } else {
      const passed = now - this.#times[number]!;
      if (passed < SHORTEST) {
        this.rate = this.#rates[number]!;
        this.packetRate = this.#packetRates[number]!;
        return;
      }
      // Smaller counters are those of a successor, or were reset in the meantime: all of them came since then.
      const isSame = bytes >= this.#bytes[number]! && packets >= this.#packets[number]!;
      this.#setRates(
        number,
        isSame ? bytes - this.#bytes[number]! : bytes,
        isSame ? packets - this.#packets[number]! : packets,
        passed,
      );
    }
    this.#bytes[number] = bytes;
    this.#packets[number] = packets;
    this.#times[number] = now;
    this.rate = this.#rates[number]!;
    this.packetRate = this.#packetRates[number]!;
  }

  #setRates(number: number, bytes: number, packets: number, passed: number): void {
    const seconds = Math.max(passed, SHORTEST) / 1000;
    this.#rates[number] = bytes / seconds;
    this.#packetRates[number] = packets / seconds;
  }

  #keyOf(cursor: FlowCursor): Uint32Array {
    const tuple = this.#tuple;
    const port = cursor.port(ORIGINAL_SRC);
    tuple[0] = cursor.protonum() | (cursor.zone() << 8);
    tuple[1] = port >= 0 ? port : cursor.icmpId(ORIGINAL);
    tuple[2] = port >= 0 ? cursor.port(ORIGINAL_DST) : cursor.icmpType(ORIGINAL);
    tuple[3] = cursor.word(ORIGINAL_SRC, 3);
    tuple[4] = cursor.word(ORIGINAL_DST, 3);
    let words = 5;
    if (cursor.family() !== AF_INET)
      for (let i = 0; i < 3; i++) {
        tuple[words++] = cursor.word(ORIGINAL_SRC, i as 0 | 1 | 2);
        tuple[words++] = cursor.word(ORIGINAL_DST, i as 0 | 1 | 2);
      }
    this.#key[0] = cursor.id();
    this.#key[1] = hashOf(tuple, 0, words);
    return this.#key;
  }

  #makeRoom(): void {
    const { capacity } = this.#keys;
    if (this.#bytes.length >= capacity) return;
    this.#bytes = enlarged(this.#bytes, capacity);
    this.#packets = enlarged(this.#packets, capacity);
    this.#times = enlarged(this.#times, capacity);
    this.#rates = enlarged(this.#rates, capacity);
    this.#packetRates = enlarged(this.#packetRates, capacity);
  }

  /**
   * Forgets flows that did not appear in the last scans, if they are a quarter of all. Moves the others in steps; between two of them the
   * caller can do something else, but may not note flows.
   */
  *forgetEnded(): Generator<void> {
    const oldest = this.#starts.length < REMEMBERED ? 0 : this.#starts.at(-1)!;
    let ended = 0;
    for (let number = 0; number < this.#keys.size; number++) if (this.#times[number]! < oldest) ended++;
    if (ended * 4 < this.#keys.size || ended < 1024) return;
    const old = { keys: this.#keys, columns: this.#columns() };
    const keys = new KeyTable(2, old.keys.size - ended);
    const columns = old.columns.map(column => enlarged(column.subarray(0, 0), keys.capacity));
    for (let number = 0; number < old.keys.size; number++) {
      if (number % STEP === 0) yield;
      if (this.#times[number]! < oldest) continue;
      old.keys.read(number, this.#key);
      const moved = keys.add(this.#key);
      for (let i = 0; i < columns.length; i++) columns[i]![moved] = old.columns[i]![number]!;
    }
    this.#keys = keys;
    [this.#bytes, this.#packets, this.#times, this.#rates, this.#packetRates] = columns as [
      Float64Array<ArrayBuffer>,
      Float64Array<ArrayBuffer>,
      Uint32Array<ArrayBuffer>,
      Float32Array<ArrayBuffer>,
      Float32Array<ArrayBuffer>,
    ];
  }

  #columns(): (Float64Array | Uint32Array | Float32Array)[] {
    return [this.#bytes, this.#packets, this.#times, this.#rates, this.#packetRates];
  }
}

/** Bytes of both directions; −1 without accounting. */
export const bytesOf = (cursor: FlowCursor): number => sumOf(cursor.bytes(ORIGINAL), cursor.bytes(REPLY));
/** Bytes a second of both directions, for flows of an index; −1 for others. */
export const rateOf = (cursor: FlowCursor): number =>
  sumOf(cursor.rate?.(ORIGINAL) ?? UNKNOWN, cursor.rate?.(REPLY) ?? UNKNOWN);
/** Packets of both directions; −1 without accounting. */
export const packetsOf = (cursor: FlowCursor): number => sumOf(cursor.packets(ORIGINAL), cursor.packets(REPLY));
