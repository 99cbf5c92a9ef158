import type { TableStats } from '@conntrack/flow/table';
import type { ReadonlySignal } from '@preact/signals';
import { signal } from '@preact/signals';

/** Values over time, for charts: the times in seconds, and one list for each line. */
export interface Series {
  readonly times: readonly number[];
  readonly lines: readonly (readonly (number | null)[])[];
}

/** Seconds that charts show: the last hour that the page was open. */
const SPAN = 3600;

/** A series that grows, and forgets what is older than an hour. Above 1,800 points every second one of the older half is dropped. */
export function makeSeries(width: number): {
  series: ReadonlySignal<Series>;
  add(values: readonly (number | null)[]): void;
  clear(): void;
} {
  const empty = (): Series => ({ times: [], lines: Array.from({ length: width }, () => []) });
  const series = signal<Series>(empty());
  return {
    series,
    clear() {
      series.value = empty();
    },
    add(values) {
      const now = Date.now() / 1000;
      const { times, lines } = series.peek();
      const thin = times.length > 1800;
      const keep = (_: unknown, i: number): boolean =>
        times[i]! >= now - SPAN && (!thin || i > times.length / 2 || i % 2 === 0);
      series.value = {
        times: [...times.filter(keep), now],
        lines: lines.map((line, i) => [...line.filter(keep), values[i] ?? null]),
      };
    },
  };
}

/** The counters that mean trouble when they move. */
export const TROUBLE = ['drop', 'earlyDrop', 'insertFailed'] as const;
export type Trouble = Record<(typeof TROUBLE)[number], number>;

/** What the header shows of the tracker. */
export interface TrafficModel {
  readonly stats: ReadonlySignal<TableStats | undefined>;
  /** How much each counter has grown since the page was opened, and during the last ten seconds. */
  readonly since: ReadonlySignal<Trouble>;
  readonly moving: ReadonlySignal<boolean>;
  readonly entries: ReadonlySignal<Series>;
  readonly churn: ReadonlySignal<Series>;
  readonly drops: ReadonlySignal<Series>;
  readonly perSecond: ReadonlySignal<{ created: number; ended: number } | undefined>;
  takeStats(stats: TableStats): void;
  /** Takes the numbers of events so far. */
  takeEvents(totals: { created: number; ended: number } | undefined): void;
}

export function trafficModel(): TrafficModel {
  const stats = signal<TableStats | undefined>();
  const since = signal<Trouble>({ drop: 0, earlyDrop: 0, insertFailed: 0 });
  const moving = signal(false);
  const perSecond = signal<{ created: number; ended: number } | undefined>();
  const entries = makeSeries(1);
  const churn = makeSeries(2);
  const drops = makeSeries(1);
  let first: TableStats | undefined;
  let lastMove = 0;
  let events: { created: number; ended: number; at: number } | undefined;
  const grown = (now: TableStats, then: TableStats): Trouble =>
    Object.fromEntries(
      TROUBLE.map(name => [name, Math.max(0, (now.total[name] ?? 0) - (then.total[name] ?? 0))]),
    ) as Trouble;
  return {
    stats,
    since,
    moving,
    perSecond,
    entries: entries.series,
    churn: churn.series,
    drops: drops.series,
    takeStats(next) {
      first ??= next;
      const last = stats.peek() ?? next;
      const step = grown(next, last);
      const moved = step.drop + step.earlyDrop + step.insertFailed;
      if (moved > 0) lastMove = performance.now();
      moving.value = lastMove > 0 && performance.now() - lastMove < 10_000;
      since.value = grown(next, first);
      stats.value = next;
      entries.add([next.count]);
      drops.add([moved]);
    },
    takeEvents(totals) {
      if (totals === undefined) {
        events = undefined;
        perSecond.value = undefined;
        return;
      }
      const at = performance.now();
      if (events !== undefined && at - events.at > 500) {
        const seconds = (at - events.at) / 1000;
        const rate = {
          created: Math.max(0, totals.created - events.created) / seconds,
          ended: Math.max(0, totals.ended - events.ended) / seconds,
        };
        perSecond.value = rate;
        churn.add([rate.created, rate.ended]);
      }
      if (events === undefined || at - events.at > 500) events = { ...totals, at };
    },
  };
}
