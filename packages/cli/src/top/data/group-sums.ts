import type { FlowCursor } from '@conntrack/flow';
import { type Grouping, isUnreplied } from './grouping.js';
import { enlarged, KeyTable } from './key-table.js';
import { Ranking } from './ranking.js';
import type { GroupRow, Question, SortKey } from './snapshot.js';

/** The sums of a group, side by side. */
const [FLOWS, UNREPLIED, COUNTED, BYTES, PACKETS, RATED, RATE, PACKET_RATE] = [0, 1, 2, 3, 4, 5, 6, 7];
const SUMS = 8;

/** Which sum a ranking is by, and which count says whether it is known. */
const BY: Readonly<Partial<Record<SortKey, readonly [sum: number, known: number]>>> = {
  flows: [FLOWS, FLOWS],
  unreplied: [UNREPLIED, FLOWS],
  bytes: [BYTES, COUNTED],
  packets: [PACKETS, COUNTED],
  rate: [RATE, RATED],
  'packet-rate': [PACKET_RATE, RATED],
};

/** Sums by group, exact, in typed arrays: about 100 bytes a group. */
export class GroupSums {
  readonly #grouping: Grouping;
  readonly #keys: KeyTable;
  readonly #key: Uint32Array;
  #sums: Float64Array;

  /** @param expected number of groups, to grow less often */
  constructor(grouping: Grouping, expected = 0) {
    this.#grouping = grouping;
    this.#keys = new KeyTable(grouping.width, expected);
    this.#key = new Uint32Array(grouping.width);
    this.#sums = new Float64Array(this.#keys.capacity * SUMS);
  }

  /** Number of groups. */
  get size(): number {
    return this.#keys.size;
  }

  /** Adds a flow to its group. Negative numbers are unknown, and not part of a sum. */
  add(cursor: FlowCursor, bytes: number, packets: number, rate: number, packetRate: number): void {
    this.#grouping.read(cursor, this.#key);
    const at = this.#keys.add(this.#key) * SUMS;
    if (at >= this.#sums.length) this.#sums = enlarged(this.#sums, this.#keys.capacity * SUMS);
    const sums = this.#sums;
    sums[at + FLOWS]!++;
    if (isUnreplied(cursor)) sums[at + UNREPLIED]!++;
    if (bytes >= 0) {
      sums[at + COUNTED]!++;
      sums[at + BYTES]! += bytes;
      sums[at + PACKETS]! += packets;
    }
    if (rate >= 0) {
      sums[at + RATED]!++;
      sums[at + RATE]! += rate;
      sums[at + PACKET_RATE]! += packetRate;
    }
  }

  /** Returns the first groups in the order of the question. */
  rows({ sort, reversed, limit }: Question): GroupRow[] {
    const [sum, known] = BY[sort] ?? BY.flows!;
    const ranking = new Ranking<number>(limit, reversed);
    for (let number = 0; number < this.#keys.size; number++) {
      const at = number * SUMS;
      const value = this.#sums[at + known]! > 0 ? this.#sums[at + sum]! : -1;
      if (ranking.accepts(value)) ranking.add(number);
    }
    return ranking.items().map(number => this.#row(number));
  }

  #text(number: number): string {
    this.#keys.read(number, this.#key);
    return this.#grouping.text(this.#key);
  }

  #row(number: number): GroupRow {
    const at = number * SUMS;
    const text = this.#text(number);
    const sum = (index: number, known: number): number => (this.#sums[at + known]! > 0 ? this.#sums[at + index]! : -1);
    return {
      kind: 'group',
      key: text,
      text,
      filter: this.#grouping.filter(this.#key),
      isWhole: false,
      flows: this.#sums[at + FLOWS]!,
      counted: this.#sums[at + COUNTED]!,
      rated: this.#sums[at + RATED]!,
      unreplied: this.#sums[at + UNREPLIED]!,
      bytes: sum(BYTES, COUNTED),
      packets: sum(PACKETS, COUNTED),
      rate: sum(RATE, RATED),
      packetRate: sum(PACKET_RATE, RATED),
    };
  }
}
