import { compileFilter } from '@conntrack/filter/compile';
import type { Verdict } from '@conntrack/filter/events';
import { EVENT_TYPES, type Flow, type FlowCursor, type FlowEvent, FlowObjectCursor } from '@conntrack/flow';
import { type GapEvent, TableError, type TableEvent } from '@conntrack/flow/table';
import type { EventBatch, EventCursor, LocalEventOptions, LocalTableEvents } from '../source/events.js';
import type { TableSource } from '../source/source.js';
import { EventSelection, identityOf, LEFT, OUT } from './event-selection.js';
import { ObjectEventCursor } from './object-events.js';

/** Maximum bytes that a subscription may use to remember matching flows: about three million flows. */
const MEMBERS = 64 * 1024 * 1024;

/** Subscribes to a source without a filter, or with one that every event can decide by itself. */
export type Subscribe = (
  options: Omit<LocalEventOptions, 'filter'> & { match?: (cursor: FlowCursor) => boolean },
) => LocalTableEvents;

/**
 * Returns a source's events under a filter that is applied to the whole entry. Resolves once the subscription is active and the matching
 * flows are known.
 */
export async function selectEvents(
  source: TableSource,
  { filter, ...options }: LocalEventOptions,
  subscribe: Subscribe,
): Promise<LocalTableEvents> {
  if (filter === undefined || filter.kind === 'all') return subscribe(options);
  const { getMany } = source;
  const { types = EVENT_TYPES, signal } = options;
  const selection = new EventSelection(filter, { whole: getMany === undefined, types });
  // Every type of event can show that a flow starts or stops matching.
  const all = subscribe({ ...options, types: selection.moves ? EVENT_TYPES : selection.types });
  const selected = new SelectedEvents(source, selection, all, signal);
  try {
    await selected.seed();
  } catch (error) {
    selected.close();
    throw error;
  }
  return selected;
}

class SelectedEvents implements LocalTableEvents {
  readonly #source: TableSource;
  readonly #selection: EventSelection;
  readonly #events: LocalTableEvents;
  readonly #signal: AbortSignal | undefined;

  constructor(
    source: TableSource,
    selection: EventSelection,
    events: LocalTableEvents,
    signal: AbortSignal | undefined,
  ) {
    this.#source = source;
    this.#selection = selection;
    this.#events = events;
    this.#signal = signal;
  }

  /** Remembers the flows that match now. @throws TableError NO_ROOM */
  async seed(): Promise<void> {
    const { members, moves, flows: filter } = this.#selection;
    if (!moves) return;
    members.clear();
    const matches = compileFilter(filter);
    const options = { filter, ...(this.#signal && { signal: this.#signal }) };
    for await (const rows of this.#source.scan(options)) {
      for (const cursor = rows.cursor(); cursor.next(); ) if (matches(cursor)) members.add(cursor);
      this.#checkRoom();
    }
  }

  #checkRoom(): void {
    const { members } = this.#selection;
    if (members.bytes > MEMBERS)
      throw new TableError(
        'NO_ROOM',
        `${members.size} flows match the filter: too many to report when one of them stops matching. Narrow the filter`,
      );
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<TableEvent> {
    for await (const { events, gap } of this.#selected()) {
      yield* events;
      if (gap !== undefined) yield gap;
    }
  }

  async *batches(): AsyncGenerator<EventBatch> {
    for await (const { events, gap } of this.#selected())
      yield { cursor: () => new ObjectEventCursor(events), ...(gap && { gap }) };
  }

  async *#selected(): AsyncGenerator<{ events: readonly FlowEvent[]; gap: GapEvent | undefined }> {
    try {
      for await (const batch of this.#events.batches()) {
        const events = await this.#select(batch);
        this.#checkRoom();
        // A reader that lists again after the gap then gets every flow that leaves afterwards.
        if (batch.gap !== undefined) await this.seed();
        if (events.length > 0 || batch.gap !== undefined) yield { events, gap: batch.gap };
      }
    } finally {
      this.close();
    }
  }

  async #select(batch: EventBatch): Promise<FlowEvent[]> {
    const entries = await this.#lookUp(batch.cursor());
    const selection = this.#selection;
    const events: FlowEvent[] = [];
    const row = new FlowObjectCursor();
    let index = 0;
    for (const cursor = batch.cursor(); cursor.next(); index++) {
      const kind = cursor.event();
      const entry = entries.get(index);
      const verdict: Verdict = entry === undefined ? selection.judge(cursor) : selection.judgeEntry(row.move(entry));
      const outcome = selection.decide(kind, verdict, cursor);
      if (outcome === OUT) continue;
      const time = cursor.eventTime();
      const when = time === undefined ? {} : { time };
      if (outcome === LEFT)
        events.push({ type: 'destroy', reason: 'unmatched', flow: identityOf(cursor.flow()), ...when });
      else events.push({ type: EVENT_TYPES[kind]!, flow: completed(cursor, entry), ...when });
    }
    return events;
  }

  /** Looks up the entries of events that cannot be decided without, by the event's index in the batch. */
  async #lookUp(cursor: EventCursor): Promise<Map<number, Flow>> {
    const found = new Map<number, Flow>();
    if (this.#source.getMany === undefined) return found;
    const selection = this.#selection;
    const places: number[] = [];
    const refs = [];
    const ids: number[] = [];
    for (let index = 0; cursor.next(); index++) {
      if (!selection.needsEntry(cursor.event(), selection.judge(cursor), cursor)) continue;
      places.push(index);
      refs.push(cursor.ref());
      ids.push(cursor.id());
    }
    if (refs.length === 0) return found;
    const entries = await this.#source.getMany(refs, this.#signal);
    for (const [i, entry] of entries.entries()) if (entry?.id === ids[i]) found.set(places[i]!, entry!);
    return found;
  }

  close(): void {
    this.#events.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }
}

/** Returns the flow of an event, completed from its entry if that was looked up. */
export function completed(cursor: EventCursor, entry: Flow | undefined): Flow {
  const flow = cursor.flow();
  if (entry === undefined) return flow;
  return flow.portid === undefined ? entry : { ...entry, portid: flow.portid };
}
