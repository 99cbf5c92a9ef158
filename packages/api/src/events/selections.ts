import { EVENT_TYPES, type Flow, type FlowEventType, type FlowKey } from '@conntrack/flow';
import type { EventBatch, LocalTable } from '@conntrack/table';
import { Problem } from '../http/problem/problems.js';
import type { EventLimits } from './event-limits.js';
import type { MatchingStats } from './event-stats.js';
import type { Seeder } from './seeder.js';
import { Selection, selectionName, type Where } from './selection.js';

/** Maximum number of unused selections. Each one has to look at every event. */
const IDLE_SELECTIONS = 32;

/** What selections need from the run that owns them. */
export interface SelectionsHost {
  /** Sends the collected records: a new selection starts after them. */
  flush(): void;
  /** The sequence number of the last record. */
  head(): number;
  /** Called when it is known which flows match a selection. */
  ready(): void;
  /** Called when the matching flows of a selection in use cannot be read. */
  failed(error: unknown): void;
}

/** The filters of one run, and which flows match them. */
export class Selections {
  readonly #table: LocalTable;
  readonly #limits: EventLimits;
  readonly #seeder: Seeder;
  readonly #host: SelectionsHost;
  readonly #known = new Map<string, Selection>();

  constructor(table: LocalTable, limits: EventLimits, seeder: Seeder, host: SelectionsHost) {
    this.#table = table;
    this.#limits = limits;
    this.#seeder = seeder;
    this.#host = host;
  }

  get size(): number {
    return this.#known.size;
  }
  all(): IterableIterator<Selection> {
    return this.#known.values();
  }

  /** Counts the remembered flows. */
  matching(): MatchingStats {
    let flows = 0;
    let bytes = 0;
    let filters = 0;
    for (const selection of this.all()) {
      if (!selection.rule.moves) continue;
      filters++;
      flows += selection.rule.members.size;
      bytes += selection.bytes;
    }
    return { filters, flows, bytes, limit: this.#limits.matchingBytes };
  }

  /** Returns the selection of a filter. The first request creates it. */
  select(where: Where, types: readonly FlowEventType[]): Selection {
    const name = selectionName(types, where);
    let selection = this.#known.get(name);
    if (selection === undefined) {
      selection = new Selection(name, where, types, this.#table.wholeEvents);
      this.#host.flush();
      this.#known.set(name, selection);
      if (selection.rule.moves) this.#seed(selection);
      else selection.since = this.#host.head();
    }
    selection.used = performance.now();
    this.tidy();
    return selection;
  }

  /** Reads the matching flows again after a gap: flows may have started or stopped matching unnoticed. */
  seedAnew(): void {
    for (const selection of this.all()) if (selection.rule.moves) this.#seed(selection);
  }

  #seed(selection: Selection): void {
    selection.ready = this.#seeder.seed(selection).then(() => this.#checkRoom(selection));
    selection.ready.then(
      () => this.#host.ready(),
      error => {
        this.#known.delete(selection.name);
        // Its subscribers can no longer get correct records.
        if (selection.users > 0) this.#host.failed(error);
      },
    );
  }

  /** Drops unused selections: when there are too many, when they were idle for too long, or when memory is full. */
  tidy(): void {
    const idle = [...this.all()].filter(({ users }) => users === 0).sort((one, other) => one.used - other.used);
    const old = performance.now() - Math.max(this.#limits.linger, 1000);
    while (
      idle.length > IDLE_SELECTIONS ||
      (idle[0] !== undefined && idle[0].used < old) ||
      (idle.length > 1 && this.#isFull())
    )
      this.#known.delete(idle.shift()!.name);
  }

  #isFull(): boolean {
    return this.matching().bytes > this.#limits.matchingBytes;
  }

  /** Throws when the matching flows take too much memory. @throws Problem `too-many-flows` */
  #checkRoom(selection: Selection): void {
    if (this.#isFull()) this.tidy();
    if (!this.#isFull()) return;
    throw new Problem(
      'too-many-flows',
      `${selection.rule.members.size} flows match the filter: too many to report when one of them stops matching. Narrow the filter, or raise the server’s limit for matching flows`,
    );
  }

  /** Flows that match may have become too many: the selection with the most is released, and answered. */
  dropLargest(): Selection | undefined {
    if (this.size === 0 || !this.#isFull()) return undefined;
    this.tidy();
    if (!this.#isFull()) return undefined;
    const [largest] = [...this.all()].sort((one, other) => other.bytes - one.bytes);
    this.#known.delete(largest!.name);
    return largest;
  }

  /**
   * Looks up the entries that a filter needs and that events do not carry, by the event's index in the batch. Returns
   * `undefined` where no filter can need one. `count` receives the number of look-ups.
   */
  async lookUp(batch: EventBatch, count: (lookups: number) => void): Promise<Map<number, Flow> | undefined> {
    const rules = [...this.all()].map(({ rule }) => rule).filter(({ moves }) => moves);
    if (rules.length === 0 || this.#table.wholeEvents) return undefined;
    const places: number[] = [];
    const refs: FlowKey[] = [];
    const cursor = batch.cursor();
    for (let index = 0; cursor.next(); index++) {
      const kind = cursor.event();
      if (!rules.some(rule => rule.needsEntry(kind, rule.judge(cursor), cursor))) continue;
      places.push(index);
      refs.push(cursor.ref() as FlowKey);
    }
    const found = new Map<number, Flow>();
    if (refs.length === 0) return found;
    count(refs.length);
    const entries = await this.#table.lookupMany(refs);
    for (const [i, entry] of entries.entries()) if (entry?.id === refs[i]!.id) found.set(places[i]!, entry!);
    return found;
  }

  /** Whether a filter needs no memory of which flows match. */
  isFree(where: Where): boolean {
    return !new Selection('', where, EVENT_TYPES, this.#table.wholeEvents).rule.moves;
  }
}
