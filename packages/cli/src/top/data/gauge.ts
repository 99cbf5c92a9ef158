import type { Table, TableStats } from '@conntrack/table';
import { reasonOf } from '../../process/reason.js';
import { isLocal } from '../../source/is-local.js';

/** What the tracker counts as lost: each counter with what it is called on the screen. */
const LOSSES = { drop: 'dropped', earlyDrop: 'evicted early', insertFailed: 'insert failed' } as const;

/** How full the table is, and how fast that changes. Absent numbers are unknown. */
export interface Gauge {
  readonly count?: number;
  readonly max?: number;
  /** Whether packets and bytes are counted. */
  readonly accounting?: boolean;
  /** New flows a second. */
  readonly fresh?: number;
  /** Flows a second that ended. */
  readonly ended?: number;
  /** Whether events were lost, so that more flows were new and ended. */
  readonly atLeast: boolean;
  /** Losses a second, of the counters that have moved. */
  readonly losses: readonly { readonly what: string; readonly rate: number }[];
  /** Why new and ended flows are unknown. */
  readonly why?: string;
}

interface Reading {
  readonly at: number;
  readonly stats: TableStats;
  readonly fresh: number;
}

/**
 * Reads the gauge. The tracker has no counter of new flows, so they are counted by their events; flows that ended follow from these and the
 * number of entries.
 */
export class GaugeReader {
  readonly #table: Table;
  readonly #now: () => number;
  #fresh = 0;
  #lost = false;
  #why: string | undefined = 'counting has not begun';
  #last: Reading | undefined;

  constructor(table: Table, now: () => number) {
    this.#table = table;
    this.#now = now;
  }

  /** Counts new flows until the signal. Never throws: without events, the numbers are unknown. */
  async count(signal: AbortSignal): Promise<void> {
    const table = this.#table;
    try {
      if (!isLocal(table)) {
        this.#why = 'a server would have to send every new flow';
        return;
      }
      const events = await table.events({ types: ['new'], signal });
      this.#why = undefined;
      for await (const batch of events.batches()) {
        for (const cursor = batch.cursor(); cursor.next(); ) this.#fresh++;
        if (batch.gap !== undefined) this.#lost = true;
      }
      this.#why = 'the events have ended';
    } catch (error) {
      this.#why = reasonOf(error);
    }
  }

  /** Reads the gauge. */
  async read(signal: AbortSignal): Promise<Gauge> {
    const whether = (why: string | undefined): Pick<Gauge, 'why'> => (why === undefined ? {} : { why });
    let stats: TableStats;
    let accounting: boolean;
    try {
      ({ accounting } = await this.#table.capabilities({ signal }));
      stats = await this.#table.stats({ signal });
    } catch (error) {
      signal.throwIfAborted();
      this.#last = undefined;
      return { atLeast: false, losses: [], ...whether(reasonOf(error)) };
    }
    const { count, max } = stats;
    const last = this.#last;
    const reading = { at: this.#now(), stats, fresh: this.#fresh };
    this.#last = reading;
    const known = { count, accounting, ...(max !== undefined && max > 0 && { max }), ...whether(this.#why) };
    if (last === undefined) return { ...known, atLeast: false, losses: [] };
    const seconds = Math.max(1, reading.at - last.at) / 1000;
    const atLeast = this.#lost;
    this.#lost = false;
    const losses = lossesBetween(last.stats, stats, seconds);
    if (this.#why !== undefined) return { ...known, atLeast: false, losses };
    const fresh = reading.fresh - last.fresh;
    // The number of entries is read a moment later than the events.
    const ended = Math.max(0, fresh - (count - last.stats.count));
    return { ...known, fresh: fresh / seconds, ended: ended / seconds, atLeast, losses };
  }
}

function lossesBetween(before: TableStats, after: TableStats, seconds: number): Gauge['losses'] {
  return Object.entries(LOSSES).flatMap(([name, what]) => {
    const counter = name as keyof typeof LOSSES;
    const moved = (after.total[counter] ?? 0) - (before.total[counter] ?? 0);
    return moved > 0 ? [{ what, rate: moved / seconds }] : [];
  });
}
