import { type Flow, type FlowCursor, keyOf, refOf } from '@conntrack/flow';
import { bytesOf, type FlowCounters, packetsOf, rateOf } from './flow-counters.js';
import { GroupSums } from './group-sums.js';
import { GROUPINGS } from './grouping.js';
import { Ranking } from './ranking.js';
import type { FlowRow, Numbers, Question, Row } from './snapshot.js';

/** A cursor that can make the flow that it stands on. */
export interface RowOfFlow extends FlowCursor {
  flow(): Flow;
}

/** Collects the rows of one refresh: looks at each flow once, and keeps only the first rows and the sums of groups. */
export class Collector {
  readonly #question: Question;
  readonly #counters: FlowCounters;
  readonly #flows: Ranking<FlowRow>;
  readonly #groups: GroupSums | undefined;

  /** @param groups number of groups that the last refresh found */
  constructor(question: Question, counters: FlowCounters, groups = 0) {
    this.#question = question;
    this.#counters = counters;
    this.#flows = new Ranking(question.limit, question.reversed);
    const grouping = GROUPINGS.find(({ name }) => name === question.group);
    this.#groups = grouping && new GroupSums(grouping, groups);
  }

  /** Looks at the flow that the cursor stands on. */
  add(cursor: RowOfFlow, now: number): void {
    const bytes = bytesOf(cursor);
    const packets = packetsOf(cursor);
    const counters = this.#counters;
    counters.note(cursor, bytes, packets, now);
    const { packetRate } = counters;
    // An index knows the rate from the first refresh on.
    const measured = rateOf(cursor);
    const rate = measured >= 0 ? measured : counters.rate;
    if (this.#groups !== undefined) {
      this.#groups.add(cursor, bytes, packets, rate, packetRate);
      return;
    }
    if (this.#flows.accepts(this.#valueOf(cursor, bytes, packets, rate, packetRate)))
      this.#flows.add(flowRow(cursor.flow(), { bytes, packets, rate, packetRate }));
  }

  #valueOf(cursor: RowOfFlow, bytes: number, packets: number, rate: number, packetRate: number): number {
    switch (this.#question.sort) {
      case 'bytes':
        return bytes;
      case 'packets':
        return packets;
      case 'packet-rate':
        return packetRate;
      case 'expires':
        return cursor.timeout();
      case 'age':
        // The oldest flow has the earliest start.
        return cursor.start() < 0 ? (cursor.age?.() ?? -1) : LATEST - cursor.start();
      default:
        return rate;
    }
  }

  /** Returns the rows in order; each flow once, although a dump may contain an entry twice. */
  rows(): Row[] {
    if (this.#groups !== undefined) return this.#groups.rows(this.#question);
    const seen = new Set<string>();
    return this.#flows.items().filter(({ key }) => !seen.has(key) && seen.add(key));
  }

  /** Number of groups; `undefined` for single flows. */
  get groups(): number | undefined {
    return this.#groups?.size;
  }
}

/** Milliseconds since 1970, later than any start of a flow. */
const LATEST = 2 ** 45;

function flowRow(flow: Flow, numbers: Numbers): FlowRow {
  // Flows of a capture may have no id.
  return { kind: 'flow', key: keyOf(flow) ?? JSON.stringify(refOf(flow)), flow, ...numbers };
}
