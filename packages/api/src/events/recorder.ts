import { formatPosition } from '@conntrack/client/protocol';
import { EVENT_TYPES, type Flow, FlowObjectCursor } from '@conntrack/flow';
import { completed, type EventCursor, LEFT, type RowCursor } from '@conntrack/table';
import type { EventCounters } from './event-stats.js';
import { GAP, type Segment, SegmentBuilder } from './segment.js';
import type { Selection } from './selection.js';

/** The first seq of a run: behind it all events are told, and 0 is never resumed from. */
export const FIRST = 1;

export const UPDATE = 1;
export const DESTROY = 2;

/** Makes the records of one run of listening: it numbers and writes them, and lets each selection look at them. */
export class Recorder {
  /** The seq of the last record. */
  head = FIRST;
  /** The seq of the last loss in the kernel. */
  lastGap = 0;
  readonly #epoch: string;
  readonly #counters: EventCounters;
  readonly #selections: () => Iterable<Selection>;
  readonly #builder = new SegmentBuilder();

  constructor(epoch: string, counters: EventCounters, selections: () => Iterable<Selection>) {
    this.#epoch = epoch;
    this.#counters = counters;
    this.#selections = selections;
  }

  /** Records that no segment has yet. */
  get pending(): number {
    return this.#builder.count;
  }
  /** They are to be handed on before another record is added. */
  get full(): boolean {
    return this.#builder.full;
  }

  /** An event, and its entry where it was looked up. */
  event(cursor: EventCursor, entry: Flow | undefined): void {
    const kind = cursor.event();
    const whole = entry && new FlowObjectCursor(entry);
    for (const selection of this.#selections())
      if (selection.take(kind, cursor, whole, this.pending) === LEFT) this.#counters.left++;
    const time = cursor.eventTime();
    const row = entry === undefined ? cursor : { flow: () => completed(cursor, entry) };
    this.#add(kind, '', time === undefined ? '' : `"time":"${time}",`, row);
    this.#counters.received++;
  }

  /** What no event told: an entry changed, or one is gone. */
  unheard(kind: typeof UPDATE | typeof DESTROY, flow: Flow): void {
    const cursor = new FlowObjectCursor().move(flow, EVENT_TYPES[kind]);
    for (const selection of this.#selections())
      if (kind === DESTROY) selection.takeUnseen(cursor, this.pending);
      else if (selection.take(kind, cursor, cursor, this.pending) === LEFT) this.#counters.left++;
    this.#add(kind, kind === DESTROY ? '"reason":"unseen",' : '', '', { flow: () => flow });
  }

  /** The kernel lost events. The receiver writes the gap: what it says of its position depends on the subscriber. */
  gap(): void {
    this.#counters.countGap('kernel', null);
    this.lastGap = ++this.head;
    this.#builder.addEmpty(GAP);
  }

  /** The records so far. */
  take(): Segment {
    return this.#builder.build(this.head);
  }

  /** @param before stands before the position, and `behind` behind it */
  #add(kind: number, before: string, behind: string, row: Pick<RowCursor, 'flow' | 'write'>): void {
    const position = formatPosition(this.#epoch, ++this.head);
    this.#builder.add(kind, `{"type":"${EVENT_TYPES[kind]!}",${before}"position":"${position}",${behind}"flow":`, row);
  }
}
