import type { Filter } from '@conntrack/filter';
import type { LocalTable } from '@conntrack/table';
import { Collector } from './collector.js';
import { FlowCounters } from './flow-counters.js';
import type { Question, Snapshot } from './snapshot.js';
import { type Clock, measuresRates, type TopSource } from './source.js';

/** Milliseconds of work after which keys get their turn. */
const TURN = 4;
/** Rows after which the clock is looked at. */
const STRETCH = 1024;

/** Reads a table in this process: a refresh is one scan, and no flow becomes an object unless its row is shown. */
export class LocalTopSource implements TopSource {
  readonly #table: LocalTable;
  readonly #clock: Clock;
  readonly #counters = new FlowCounters();
  #filter: Filter | undefined;
  #groups = 0;
  #group: string | undefined;

  constructor(table: LocalTable, clock: Clock) {
    this.#table = table;
    this.#clock = clock;
  }

  /** A scan can rank by everything. */
  cannotSort(): undefined {
    return undefined;
  }

  async refresh(question: Question, filter: Filter, signal: AbortSignal): Promise<Snapshot> {
    const clock = this.#clock;
    const counters = this.#counters;
    if (filter !== this.#filter) counters.forgetBaseline();
    this.#filter = filter;
    const collector = new Collector(question, counters, question.group === this.#group ? this.#groups : 0);
    counters.begin(clock.now(), await this.#expected(filter, signal));
    const counts = { scanned: 0, matched: 0, limited: false };
    let turn = clock.now();
    for await (const rows of this.#table.rows({ filter, signal, reads: await this.#reads(signal) }, counts)) {
      const now = clock.now();
      for (let row = 1; rows.next(); row++) {
        collector.add(rows.cursor, now);
        // A table in memory may be a single batch.
        if (row % STRETCH === 0) turn = await this.#turn(turn, signal);
      }
      turn = await this.#turn(turn, signal);
    }
    signal.throwIfAborted();
    counters.end();
    for (const _ of counters.forgetEnded()) await clock.breathe();
    const { groups } = collector;
    this.#group = question.group;
    this.#groups = groups ?? 0;
    return { question, rows: collector.rows(), matched: counts.matched, groups };
  }

  /** What is read of the rows: an index also knows rates. */
  async #reads(signal: AbortSignal): Promise<readonly string[]> {
    return (await measuresRates(this.#table, signal)) ? ['bytes', 'packets', 'rate'] : ['bytes', 'packets'];
  }

  /** Lets keys have their turn if it is time. Returns when they had it. */
  async #turn(since: number, signal: AbortSignal): Promise<number> {
    if (this.#clock.now() - since < TURN) return since;
    await this.#clock.breathe();
    signal.throwIfAborted();
    return this.#clock.now();
  }

  /** The number of flows to make room for: all, if there is no filter. */
  async #expected(filter: Filter, signal: AbortSignal): Promise<number> {
    if (this.#counters.size > 0 || filter.kind !== 'all') return 0;
    return (await this.#table.capabilities({ signal })).count ?? 0;
  }
}
