import type { Filter } from '@conntrack/filter';
import { UNKNOWN } from '@conntrack/filter/events';
import { EVENT_TYPES, type FlowCursor, type FlowEventType } from '@conntrack/flow';
import { type EventOutcome, EventSelection, FlowSet, OUT } from '@conntrack/table';
import type { Segment } from './segment.js';

/** A filter with its canonical text, which identifies it. */
export interface Where {
  readonly text: string;
  readonly filter: Filter;
}

/** The key under which a selection is stored. */
export const selectionName = (types: readonly FlowEventType[], { text }: Where): string =>
  `${EVENT_TYPES.filter(type => types.includes(type)).join()} ${text}`;

const DESTROY = 2;
const NOTHING = new Uint16Array(0);

/**
 * A filter of one run, shared by all its subscribers: which flows match it, and the outcome of each record. Outcomes
 * take two bytes for each reported record, and are kept as long as the ring keeps the record.
 */
export class Selection {
  readonly name: string;
  readonly rule: EventSelection;
  /** Number of channels that use it. */
  users = 0;
  /** When it was used last. The selection that was idle longest is dropped first. */
  used = 0;
  /** Outcomes are correct for all records after this sequence number. */
  since = Number.POSITIVE_INFINITY;
  /** Resolves when it is known which flows match. */
  ready: Promise<void> = Promise.resolve();
  /** Flows that had an event while the table is read. Their events are newer than the table's rows. */
  #told: FlowSet | undefined;
  /** The records of the segment being built: index × 4 + outcome. */
  #hits: number[] = [];
  readonly #kept = new WeakMap<Segment, Uint16Array>();

  constructor(name: string, { filter }: Where, types: readonly FlowEventType[], whole: boolean) {
    this.name = name;
    this.rule = new EventSelection(filter, { whole, types });
  }

  /** Bytes of memory, without the outcomes. */
  get bytes(): number {
    return this.rule.members.bytes + (this.#told?.bytes ?? 0);
  }

  /** Starts a read of the table, and forgets which flows matched. */
  beginSeed(): void {
    this.rule.members.clear();
    this.#told = new FlowSet();
  }

  /** Takes a row of the table. */
  seed(row: FlowCursor): void {
    if (this.rule.judgeEntry(row) === 1 && !this.#told!.has(row)) this.rule.members.add(row);
  }

  /** Ends the read of the table. `head` is the sequence number of the last record. */
  endSeed(head: number): void {
    this.#told = undefined;
    this.since = Math.min(this.since, head);
  }

  /** Whether the table is being read. */
  get seeding(): boolean {
    return this.#told !== undefined;
  }

  /** Decides what an event means for this filter. `entry` is the flow's entry, if it was looked up. */
  take(kind: number, event: FlowCursor, entry: FlowCursor | undefined, index: number): EventOutcome {
    const verdict = entry === undefined ? this.rule.judge(event) : this.rule.judgeEntry(entry);
    this.#told?.add(event);
    const outcome = this.rule.decide(kind, verdict, event);
    if (outcome !== OUT) this.#hits.push(index * 4 + outcome);
    return outcome;
  }

  /** Decides what the end of a flow means that no event reported: only the flow's identity is known. */
  takeUnseen(flow: FlowCursor, index: number): void {
    const { rule } = this;
    this.#told?.add(flow);
    const verdict = rule.moves ? UNKNOWN : rule.judge(flow);
    const outcome = rule.decide(DESTROY, verdict, flow);
    if (outcome !== OUT) this.#hits.push(index * 4 + outcome);
  }

  /** Assigns the outcomes so far to the segment that was built from their records. */
  turn(segment: Segment): void {
    this.#kept.set(segment, this.#hits.length === 0 ? NOTHING : Uint16Array.from(this.#hits));
    this.#hits = [];
  }

  /**
   * The reported records of a segment, each as index × 4 + outcome. `undefined` for a segment older than the selection.
   */
  hits(segment: Segment): Uint16Array | undefined {
    return this.#kept.get(segment);
  }
}
