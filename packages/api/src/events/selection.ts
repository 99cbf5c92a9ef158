import type { Filter } from '@conntrack/filter';
import { UNKNOWN } from '@conntrack/filter/events';
import { EVENT_TYPES, type FlowCursor, type FlowEventType } from '@conntrack/flow';
import { type EventOutcome, EventSelection, FlowSet, OUT } from '@conntrack/table';
import type { Segment } from './segment.js';

/** What a selection is made of: its canonical text tells selections apart. */
export interface Where {
  readonly text: string;
  readonly filter: Filter;
}

/** What tells selections apart. */
export const selectionName = (types: readonly FlowEventType[], { text }: Where): string =>
  `${EVENT_TYPES.filter(type => types.includes(type)).join()} ${text}`;

const DESTROY = 2;
const NOTHING = new Uint16Array(0);

/**
 * A filter of one run of listening, for all its subscribers: which flows match it, and what becomes of each record. Outcomes are kept as long as the
 * ring keeps the records, two bytes for each that is told.
 */
export class Selection {
  readonly name: string;
  readonly rule: EventSelection;
  /** How many channels have it. */
  users = 0;
  /** When it was used last: idle ones leave first. */
  used = 0;
  /** Behind this record all that is told is right. */
  since = Number.POSITIVE_INFINITY;
  /** Resolves when the flows that match are known. */
  ready: Promise<void> = Promise.resolve();
  /** Flows that events told of while the table is read: they know better than its rows. */
  #told: FlowSet | undefined;
  /** Records of the segment that is being written: index and outcome. */
  #hits: number[] = [];
  readonly #kept = new WeakMap<Segment, Uint16Array>();

  constructor(name: string, { filter }: Where, types: readonly FlowEventType[], whole: boolean) {
    this.name = name;
    this.rule = new EventSelection(filter, { whole, types });
  }

  /** Bytes of memory, but for the outcomes. */
  get bytes(): number {
    return this.rule.members.bytes + (this.#told?.bytes ?? 0);
  }

  /** The table is about to be read: what was known is forgotten. */
  beginSeed(): void {
    this.rule.members.clear();
    this.#told = new FlowSet();
  }

  /** Takes a row of the table. */
  seed(row: FlowCursor): void {
    if (this.rule.judgeEntry(row) === 1 && !this.#told!.has(row)) this.rule.members.add(row);
  }

  /** The table is read; the last record was this one. */
  endSeed(head: number): void {
    this.#told = undefined;
    this.since = Math.min(this.since, head);
  }

  /** Whether the table is being read. */
  get seeding(): boolean {
    return this.#told !== undefined;
  }

  /** Looks at an event and, where it was looked up, at its entry. */
  take(kind: number, event: FlowCursor, entry: FlowCursor | undefined, index: number): EventOutcome {
    const verdict = entry === undefined ? this.rule.judge(event) : this.rule.judgeEntry(entry);
    this.#told?.add(event);
    const outcome = this.rule.decide(kind, verdict, event);
    if (outcome !== OUT) this.#hits.push(index * 4 + outcome);
    return outcome;
  }

  /** Looks at the end of a flow that no event told: only what identifies it is known. */
  takeUnseen(flow: FlowCursor, index: number): void {
    const { rule } = this;
    this.#told?.add(flow);
    const verdict = rule.moves ? UNKNOWN : rule.judge(flow);
    const outcome = rule.decide(DESTROY, verdict, flow);
    if (outcome !== OUT) this.#hits.push(index * 4 + outcome);
  }

  /** What was looked at is this segment now. */
  turn(segment: Segment): void {
    this.#kept.set(segment, this.#hits.length === 0 ? NOTHING : Uint16Array.from(this.#hits));
    this.#hits = [];
  }

  /** The records of a segment that are told, each as index × 4 + outcome; `undefined` for a segment older than the selection. */
  hits(segment: Segment): Uint16Array | undefined {
    return this.#kept.get(segment);
  }
}
