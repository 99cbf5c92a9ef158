/** A number that the source did not give, in columns of 32 bits and of a byte. */
export const UNKNOWN_32 = 0xffffffff;
/** The bits of the use count in its column, and the bit for an entry with SYNPROXY's state that has zeros only. */
export const USE = 0x7fff;
export const IDLE_SYNPROXY = 0x8000;
export const UNKNOWN_8 = 0xff;

type Column = Uint8Array | Uint16Array | Uint32Array | Float32Array | Float64Array;

function grown<C extends Column>(column: C, capacity: number): C {
  const larger = new (column.constructor as new (length: number) => C)(capacity);
  larger.set(column);
  return larger;
}

/** Packets and bytes of both directions. −1: unknown. */
export interface Counters {
  bytes: [Float64Array, Float64Array];
  packets: [Uint32Array, Uint32Array];
}

/**
 * Bytes a second of both directions (−1: unknown), and the reading that the next rate starts from: the counters (−1: unknown), and when they
 * were read, in milliseconds of the index's clock (0: never).
 */
export interface Rates {
  rate: [Float32Array, Float32Array];
  base: [Float64Array, Float64Array];
  readAt: Uint32Array;
}

/** Nanoseconds since 1970 as two halves; 0: unknown. */
export interface Starts {
  high: Uint32Array;
  low: Uint32Array;
}

/**
 * The columns of all rows: one typed array for each field. Row 0 is never used, so that 0 can mean "none".
 *
 * Memory that no row has used yet costs nothing: the operating system provides a page when it is first written.
 */
export class Columns {
  /** An IPv4 address, or the place of an IPv6 address in the pool. */
  src: Uint32Array;
  dst: Uint32Array;
  replySrc: Uint32Array;
  replyDst: Uint32Array;
  /** The protocol's part of each tuple: ports, or ICMP type, code and id, or GRE keys. */
  parts: Uint32Array;
  replyParts: Uint32Array;
  id: Uint32Array;
  status: Uint32Array;
  mark: Uint32Array;
  /** When the entry expires, in quarters of a second of the index's clock. */
  deadline: Uint32Array;
  /** When the index first saw the entry, in seconds since 1970. */
  firstSeen: Uint32Array;
  /** Window scales and flags of TCP, as four bytes. */
  tcp: Uint32Array;
  zone: Uint16Array;
  /** The use count ({@link USE}: unknown), and {@link IDLE_SYNPROXY}. */
  use: Uint16Array;
  flags: Uint16Array;
  protonum: Uint8Array;
  state: Uint8Array;
  /** Columns that exist once a flow has such a value. */
  counters: Counters | undefined;
  rates: Rates | undefined;
  starts: Starts | undefined;

  constructor(public capacity: number) {
    const words = (): Uint32Array => new Uint32Array(capacity);
    this.src = words();
    this.dst = words();
    this.replySrc = words();
    this.replyDst = words();
    this.parts = words();
    this.replyParts = words();
    this.id = words();
    this.status = words();
    this.mark = words();
    this.deadline = words();
    this.firstSeen = words();
    this.tcp = words();
    this.zone = new Uint16Array(capacity);
    this.use = new Uint16Array(capacity);
    this.flags = new Uint16Array(capacity);
    this.protonum = new Uint8Array(capacity);
    this.state = new Uint8Array(capacity);
  }

  /** Bytes that a row takes up in the columns. */
  get rowBytes(): number {
    return 12 * 4 + 3 * 2 + 2 + (this.counters ? 24 : 0) + (this.rates ? 28 : 0) + (this.starts ? 8 : 0);
  }

  /** Makes the columns of counters, unless they exist. The rows below `high` have none so far. */
  withCounters(high: number): Counters {
    if (this.counters !== undefined) return this.counters;
    const { capacity } = this;
    const bytes = (): Float64Array => new Float64Array(capacity).fill(-1, 0, high);
    const packets = (): Uint32Array => new Uint32Array(capacity).fill(UNKNOWN_32, 0, high);
    this.counters = { bytes: [bytes(), bytes()], packets: [packets(), packets()] };
    return this.counters;
  }

  /** Makes the columns of rates, unless they exist. The rows below `high` have none so far. */
  withRates(high: number): Rates {
    const { capacity } = this;
    const rate = (): Float32Array => new Float32Array(capacity).fill(-1, 0, high);
    const base = (): Float64Array => new Float64Array(capacity).fill(-1, 0, high);
    this.rates ??= { rate: [rate(), rate()], base: [base(), base()], readAt: new Uint32Array(capacity) };
    return this.rates;
  }

  /** Makes the columns of start times, unless they exist. */
  withStarts(): Starts {
    const { capacity } = this;
    this.starts ??= { high: new Uint32Array(capacity), low: new Uint32Array(capacity) };
    return this.starts;
  }

  /** Makes room for more rows. */
  grow(capacity: number): void {
    for (const [name, column] of Object.entries(this))
      if (ArrayBuffer.isView(column))
        (this as unknown as Record<string, Column>)[name] = grown(column as Column, capacity);
    const { counters, rates, starts } = this;
    if (counters) {
      counters.bytes = [grown(counters.bytes[0], capacity), grown(counters.bytes[1], capacity)];
      counters.packets = [grown(counters.packets[0], capacity), grown(counters.packets[1], capacity)];
    }
    if (rates) {
      rates.rate = [grown(rates.rate[0], capacity), grown(rates.rate[1], capacity)];
      rates.base = [grown(rates.base[0], capacity), grown(rates.base[1], capacity)];
      rates.readAt = grown(rates.readAt, capacity);
    }
    if (starts) {
      starts.high = grown(starts.high, capacity);
      starts.low = grown(starts.low, capacity);
    }
    this.capacity = capacity;
  }
}
