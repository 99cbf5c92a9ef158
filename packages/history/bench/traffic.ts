import { FlowObjectCursor } from '@conntrack/flow';
import { ORIGINAL, ORIGINAL_DST, ORIGINAL_SRC, REPLY_DST, REPLY_SRC } from '@conntrack/flow/codec';
import type { RecordBatch, RecordCursor } from '../src/record.js';

/** The public address of the simulated NAT. */
export const PUBLIC = 0xcb007101;

/** The end of the simulated traffic: rows are ordered by time up to here. */
export interface Traffic {
  readonly rows: number;
  /** Time of the first row in milliseconds since 1970, and the span of all rows. */
  readonly from: number;
  readonly span: number;
}

/** A pseudorandom number from 0 to 2^32 − 1 for a row and a purpose (an integer hash). */
function hash(row: number, purpose: number): number {
  let x = (row * 0x9e3779b1 + purpose * 0x85ebca6b) >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}
const unit = (row: number, purpose: number): number => hash(row, purpose) / 2 ** 32;

/**
 * A cursor over simulated ends, without an object for each: 20,000 hosts behind NAT talk to servers that are visited by a power law, for times and
 * with sizes that are distributed like those of real connections (log-normal).
 */
export class TrafficCursor extends FlowObjectCursor implements RecordCursor {
  readonly #traffic: Traffic;
  #row: number;
  readonly #last: number;
  constructor(traffic: Traffic, first: number, last: number) {
    super();
    this.#traffic = traffic;
    this.#row = first - 1;
    this.#last = last;
  }
  next(): boolean {
    return ++this.#row < this.#last;
  }
  kind(): number {
    return 0;
  }
  time(): number {
    const { from, span, rows } = this.#traffic;
    return from + (span * (this.#row + unit(this.#row, 1))) / rows;
  }
  #power(purpose: number, most: number): number {
    return Math.floor(most ** unit(this.#row, purpose)) - 1;
  }
  #log(purpose: number, middle: number, spread: number): number {
    const normal = unit(this.#row, purpose) + unit(this.#row, purpose + 50) + unit(this.#row, purpose + 100) - 1.5;
    return Math.round(middle * Math.exp(normal * spread));
  }
  override family(): number {
    return 2;
  }
  override protonum(): number {
    return hash(this.#row, 2) % 4 === 0 ? 17 : 6;
  }
  override word(end: number, index: number): number {
    if (index < 3) return index === 2 ? 0xffff : 0;
    if (end === ORIGINAL_SRC) return 0x0a000000 + (hash(this.#row, 3) % 20_000);
    if (end === REPLY_DST) return PUBLIC + (hash(this.#row, 3) % 16);
    return 0x20000000 + ((this.#power(4, 200_000) * 2654435) >>> 0);
  }
  override port(end: number): number {
    if (end === ORIGINAL_SRC) return 32768 + (hash(this.#row, 5) % 28000);
    if (end === REPLY_DST) return 1024 + (hash(this.#row, 6) % 64000);
    return end === ORIGINAL_DST || end === REPLY_SRC
      ? [443, 443, 443, 80, 53, 53, 123, 8443][hash(this.#row, 7) % 8]!
      : -1;
  }
  override icmpType(): number {
    return -1;
  }
  override icmpCode(): number {
    return -1;
  }
  override icmpId(): number {
    return -1;
  }
  override greKey(): number {
    return -1;
  }
  override zone(): number {
    return 0;
  }
  override directionZone(): number {
    return 0;
  }
  override state(): number {
    return -1;
  }
  override status(): number {
    return hash(this.#row, 8) % 20 === 0 ? 0x198 : 0x19e;
  }
  override mark(): number {
    return -1;
  }
  override secmark(): number {
    return -1;
  }
  override id(): number {
    return hash(this.#row, 9);
  }
  override packets(direction: number): number {
    return 1 + this.#log(direction === ORIGINAL ? 10 : 11, 8, 3);
  }
  override bytes(direction: number): number {
    return 40 + this.#log(direction === ORIGINAL ? 10 : 11, 8, 3) * (60 + (hash(this.#row, 12 + direction) % 900));
  }
  override start(): number {
    return this.time() - 1000 * this.#log(14, 10, 4);
  }
  override stop(): number {
    return this.time();
  }
  override age(): number {
    return -1;
  }
  override labelCount(): number {
    return -1;
  }
  override hasLabel(): boolean {
    return false;
  }
  override helper(): string | undefined {
    return undefined;
  }
  override secctx(): string | undefined {
    return undefined;
  }
  override vtag(): number {
    return -1;
  }
  override role(): number {
    return -1;
  }
  override portid(): number {
    return -1;
  }
}

/** Yields the traffic in batches, as events arrive. */
export function* batchesOf(traffic: Traffic, size = 1000): Generator<RecordBatch> {
  for (let first = 0; first < traffic.rows; first += size) {
    const last = Math.min(traffic.rows, first + size);
    yield { rows: last - first, cursor: () => new TrafficCursor(traffic, first, last), gaps: [] };
  }
}
