import { formatPosition } from '@conntrack/client/protocol';
import { EVENT_TYPES, type Flow, FlowObjectCursor } from '@conntrack/flow';
import { completed, type EventCursor, LEFT, type RowCursor } from '@conntrack/table';
import type { EventCounters } from './event-stats.js';
import { GAP, type Segment, SegmentBuilder } from './segment.js';
import type { Selection } from './selection.js';

/** The first sequence number of a run. All events have a higher one. 0 means: do not resume. */
export const FIRST = 1;

export const UPDATE = 1;
export const DESTROY = 2;

/** Makes the records of one run: numbers and writes them, and passes each to the selections. */
export class Recorder {
  /** The sequence number of the last record. */
  head = FIRST;
  /** The sequence number of the last gap in the kernel's events. */
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

  /** Number of records that are not in a segment yet. */
  get pending(): number {
    return this.#builder.count;
  }
  /** Whether a segment must be built before the next record. */
  get full(): boolean {
    return this.#builder.full;
  }

  /** Records an event. `entry` is the flow's entry in the table, if it was looked up. */
  event(cursor: EventCursor, entry: Flow | undefined): void {
    const kind = cursor.event();
    const whole = entry && new FlowObjectCursor(entry);
    for (const selection of this.#selections())
      if (selection.take(kind, cursor, whole, this.pending) === LEFT) this.#counters.unmatched++;
    const time = cursor.eventTime();
    const row = entry === undefined ? cursor : { flow: () => completed(cursor, entry) };
    this.#add(kind, '', time === undefined ? '' : `"time":"${time}",`, row);
    this.#counters.received++;
  }

  /** Records a change or an end that a look-up found, without an event. */
  missed(kind: typeof UPDATE | typeof DESTROY, flow: Flow): void {
    const cursor = new FlowObjectCursor().move(flow, EVENT_TYPES[kind]);
    for (const selection of this.#selections())
      if (kind === DESTROY) selection.takeUnseen(cursor, this.pending);
      else if (selection.take(kind, cursor, cursor, this.pending) === LEFT) this.#counters.unmatched++;
    this.#add(kind, kind === DESTROY ? '"reason":"missed",' : '', '', { flow: () => flow });
  }

  /**
   * Records that the kernel lost events. The receiver writes the gap record, because its position depends on the
   * subscriber.
   */
  gap(): void {
    this.#counters.countGap('kernel', null);
    this.lastGap = ++this.head;
    this.#builder.addEmpty(GAP);
  }

  /** Returns the records so far as a segment. */
  take(): Segment {
    return this.#builder.build(this.head);
  }

  /**
   * @param before JSON members before the position
   * @param behind JSON members after the position
   */
  #add(kind: number, before: string, behind: string, row: Pick<RowCursor, 'flow' | 'write'>): void {
    const position = formatPosition(this.#epoch, ++this.head);
    this.#builder.add(kind, `{"type":"${EVENT_TYPES[kind]!}",${before}"position":"${position}",${behind}"flow":`, row);
  }
}
