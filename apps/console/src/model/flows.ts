import type { Flow, FlowOverview, OverviewOptions } from '@conntrack/client';
import type { ReadonlySignal } from '@preact/signals';
import { computed, signal } from '@preact/signals';
import { bytesOf, rowKey } from './flow-facts.js';
import { makeSeries, type Series } from './traffic.js';
import type { View } from './view.js';

/** What the flow table, the groups and the presets show: the answer to one request. */
export interface Shown {
  readonly items: readonly Flow[];
  readonly groups: FlowOverview['groups'];
  readonly counts: Readonly<Record<string, number>>;
  readonly meta: FlowOverview['meta'];
  /** The server's clock and the browser's at the time of the answer, in milliseconds. */
  readonly serverTime: number;
  readonly at: number;
  /** Milliseconds that the request took. */
  readonly took: number;
}

/** Bytes a second in each direction. */
export interface Rate {
  readonly up: number;
  readonly down: number;
}

/** Filters that are one click away. Each adds a term. */
export const PRESETS: readonly { name: string; term: string; needs?: 'accounting' | 'timestamps' }[] = [
  { name: 'unreplied', term: 'unreplied' },
  { name: 'half-open', term: 'state=SYN_SENT,SYN_RECV' },
  { name: 'NAT', term: 'nat=any' },
  { name: 'offloaded', term: 'offload' },
  { name: '> 1 MB', term: 'bytes.gt=1M', needs: 'accounting' },
  { name: 'older than 1 h', term: 'age.gt=1h', needs: 'timestamps' },
];

export const DEFAULT_GROUPS = ['state', 'src', 'dport'] as const;
export const HOST_GROUPS = ['dport', 'src', 'dst', 'state'] as const;

/** Sizes of the list: more is requested as the reader scrolls down. */
const STEPS = [200, 1000, 3000, 10_000];
/** More flows cannot be requested, and nobody reads them: the filter has to become narrower. */
export const MOST_ROWS = STEPS.at(-1)!;

/** What the server has to answer for a view. */
export interface Asked {
  filter: string;
  options: OverviewOptions;
}

/** What the source records. */
export interface Recorded {
  accounting: boolean;
  timestamps: boolean;
}

/** The filter of the flows that a view is about. */
export const filterOfView = ({ page, filter, host }: View): string => (page === 'host' ? `addr=${host}` : filter);

/** The order of a view. By default the largest flows come first, where sizes are known. */
export const sortOf = ({ sort }: View, accounting: boolean): string => (sort === '' && accounting ? '-bytes' : sort);

/** The request for a view. Everything comes from one scan. */
export function askedOf(view: View, limit: number, { accounting, timestamps }: Recorded): Asked {
  const metric = accounting ? view.metric : 'flows';
  const names = view.page === 'host' ? HOST_GROUPS : view.groups.length > 0 ? view.groups : DEFAULT_GROUPS;
  const needed = { accounting, timestamps };
  const presets = PRESETS.filter(({ needs }) => needs === undefined || needed[needs]);
  const sort = sortOf(view, accounting);
  return {
    filter: filterOfView(view),
    options: {
      limit,
      ...(sort !== '' && { sort }),
      groups: [
        ...names.map(by => ({ by, metric, k: view.page === 'host' ? 8 : 6 })),
        // For the chart of protocols.
        { by: 'proto', metric: 'flows', k: 8 } as const,
      ],
      counts: Object.fromEntries(presets.map(({ name, term }) => [name, term])),
    },
  };
}

/** The flows of the view, with rates from one answer to the next. */
export interface FlowsModel {
  readonly shown: ReadonlySignal<Shown | undefined>;
  readonly rates: ReadonlySignal<ReadonlyMap<string, Rate>>;
  /** Bytes a second of all shown flows together. */
  readonly total: ReadonlySignal<Rate | undefined>;
  /** Flows of TCP, of UDP and of other protocols over time. */
  readonly protocols: ReadonlySignal<Series>;
  readonly limit: ReadonlySignal<number>;
  /** Requests more rows the next time. Returns false if there can be no more. */
  grow(): boolean;
  /** Starts again with a short list: the filter or the order has changed. */
  reset(): void;
  take(answer: FlowOverview, took: number): void;
}

export function flowsModel(): FlowsModel {
  const shown = signal<Shown | undefined>();
  const rates = signal<ReadonlyMap<string, Rate>>(new Map());
  const protocols = makeSeries(3);
  const limit = signal(STEPS[0]!);
  const measure = (items: readonly Flow[], time: number): void => {
    const before = shown.peek();
    const seconds = before === undefined ? 0 : (time - before.serverTime) / 1000;
    if (before === undefined || seconds < 0.2) return;
    const old = new Map(before.items.map(flow => [rowKey(flow), flow]));
    const next = new Map<string, Rate>();
    for (const flow of items) {
      const last = old.get(rowKey(flow));
      if (last === undefined || bytesOf(flow) === undefined) continue;
      const grown = (now = 0, then = 0): number => Math.max(0, now - then) / seconds;
      next.set(rowKey(flow), {
        up: grown(flow.original.bytes, last.original.bytes),
        down: grown(flow.reply.bytes, last.reply.bytes),
      });
    }
    rates.value = next;
  };
  return {
    shown,
    rates,
    total: computed(() => {
      if (rates.value.size === 0) return undefined;
      let [up, down] = [0, 0];
      for (const rate of rates.value.values()) {
        up += rate.up;
        down += rate.down;
      }
      return { up, down };
    }),
    protocols: protocols.series,
    limit,
    grow() {
      const next = STEPS.find(step => step > limit.peek());
      if (next === undefined) return false;
      limit.value = next;
      return true;
    },
    reset() {
      limit.value = STEPS[0]!;
      protocols.clear();
    },
    take(answer, took) {
      const serverTime = Date.parse(answer.meta.time);
      measure(answer.items, serverTime);
      const byProtocol = answer.groups.at(-1);
      const flowsOf = (name: string): number => byProtocol?.items.find(({ group }) => group === name)?.value ?? 0;
      const [tcp, udp] = [flowsOf('tcp'), flowsOf('udp')];
      protocols.add([tcp, udp, Math.max(0, answer.meta.matched - tcp - udp)]);
      shown.value = { ...answer, groups: answer.groups.slice(0, -1), serverTime, at: performance.now(), took };
    },
  };
}
