import type { Flow, FlowOverview, OverviewOptions } from '@conntrack/client';
import type { ReadonlySignal } from '@preact/signals';
import { computed, signal } from '@preact/signals';
import { bytesOf, rowKey } from './flow-facts.js';
import { makeSeries, type Series } from './traffic.js';
import type { View } from './view.js';

/** What the flow table, the groups and the presets show: the answer to one request. */
export interface Shown {
  readonly items: readonly Flow[];
  /** The place of the first item in the sorted list. */
  readonly offset: number;
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

/**
 * Filters that are one click away. Each adds a term. `moving`: events do not show when a flow begins to match, so that a server with an
 * index would have to read the kernel's table to count them.
 */
export const PRESETS: readonly { name: string; term: string; needs?: 'accounting' | 'timestamps'; moving?: true }[] = [
  { name: 'unreplied', term: 'unreplied' },
  { name: 'half-open', term: 'state=SYN_SENT,SYN_RECV' },
  { name: 'NAT', term: 'nat=any' },
  { name: 'offloaded', term: 'offload', moving: true },
  { name: '> 1 MB', term: 'bytes.gt=1M', needs: 'accounting', moving: true },
  { name: 'older than 1 h', term: 'age.gt=1h', needs: 'timestamps' },
];

export const DEFAULT_GROUPS = ['state', 'src', 'dport'] as const;
export const HOST_GROUPS = ['dport', 'src', 'dst', 'state'] as const;

/** Sizes of the list: more is requested as the reader scrolls down. */
const STEPS = [200, 1000, 3000, 10_000];
/** More flows cannot be requested, and nobody reads them: the filter has to become narrower. */
export const MOST_ROWS = STEPS.at(-1)!;

/** Number of rows that are requested around the visible ones, where the server has any window of the list. */
export const WINDOW = 300;

/** What the server has to answer for a view. */
export interface Asked {
  filter: string;
  options: OverviewOptions;
}

/** What the source records. */
export interface Recorded {
  accounting: boolean;
  timestamps: boolean;
  /** Whether an index answers, and the table is read only for what events do not show. */
  indexed: boolean;
  /** Whether that index measures rates. */
  rates: boolean;
}

/** The filter of the flows that a view is about. */
export const filterOfView = ({ page, filter, host }: View): string => (page === 'host' ? `addr=${host}` : filter);

/** The order of a view. By default the largest flows come first, where sizes are known. */
export const sortOf = ({ sort }: View, accounting: boolean): string => (sort === '' && accounting ? '-bytes' : sort);

/** The request for a view. Everything comes from one scan. */
export function askedOf(
  view: View,
  limit: number,
  { accounting, timestamps, indexed, rates }: Recorded,
  offset = 0,
): Asked {
  const metric = accounting && (view.metric !== 'rate' || rates) ? view.metric : 'flows';
  const names = view.page === 'host' ? HOST_GROUPS : view.groups.length > 0 ? view.groups : DEFAULT_GROUPS;
  const needed = { accounting, timestamps };
  const presets = PRESETS.filter(({ needs, moving }) => (needs === undefined || needed[needs]) && !(moving && indexed));
  const sort = sortOf(view, accounting);
  return {
    filter: filterOfView(view),
    options: {
      limit,
      ...(sort !== '' && { sort }),
      ...(offset > 0 && { offset }),
      ...(rates && { reads: ['rate'] }),
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
  /** The rows to request: how many, and from where. */
  readonly limit: ReadonlySignal<number>;
  readonly offset: ReadonlySignal<number>;
  /** Number of rows that can be scrolled to. */
  readonly rows: ReadonlySignal<number>;
  /** Whether the server has any window of the list, because it has an index. */
  readonly windowed: ReadonlySignal<boolean>;
  /** The flow in a row; `undefined` while it is not there yet. */
  row(index: number): Flow | undefined;
  /** Requests the rows from `first` to `last` the next time, if they are missing. */
  reach(first: number, last: number): void;
  /** Starts again at the top with a short list: the filter or the order has changed, or the server has no windows any more. */
  reset(): void;
  /** Takes an answer to the request for rows from `offset` on. */
  take(answer: FlowOverview, took: number, offset?: number): void;
  /** Takes rows alone, while the list is scrolled. */
  takeRows(items: readonly Flow[], offset: number): void;
}

export function flowsModel(): FlowsModel {
  const shown = signal<Shown | undefined>();
  const rates = signal<ReadonlyMap<string, Rate>>(new Map());
  const protocols = makeSeries(3);
  const limit = signal(STEPS[0]!);
  const offset = signal(0);
  const windowed = signal(false);
  const rows = computed(() => (windowed.value ? (shown.value?.meta.matched ?? 0) : (shown.value?.items.length ?? 0)));
  const measure = (items: readonly Flow[], time: number): void => {
    // An index measures rates itself. Otherwise they come from two answers.
    const next = new Map<string, Rate>();
    for (const flow of items)
      if (flow.rate !== undefined) next.set(rowKey(flow), { up: flow.rate.original ?? 0, down: flow.rate.reply ?? 0 });
    const before = shown.peek();
    const seconds = before === undefined ? 0 : (time - before.serverTime) / 1000;
    if (next.size > 0) rates.value = next;
    if (next.size > 0 || before === undefined || seconds < 0.2) return;
    const old = new Map(before.items.map(flow => [rowKey(flow), flow]));
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
    offset,
    rows,
    windowed,
    row: index => {
      const now = shown.value;
      return now?.items[index - now.offset];
    },
    reach(first, last) {
      const now = shown.peek();
      if (now === undefined) return;
      if (windowed.peek()) {
        const end = Math.min(last, rows.peek());
        if (first >= offset.peek() && end <= offset.peek() + WINDOW) return;
        offset.value = Math.max(0, Math.floor((first + end - WINDOW) / 2));
      } else if (last > now.items.length - 20 && now.meta.more > 0 && now.items.length >= limit.peek())
        limit.value = STEPS.find(step => step > limit.peek()) ?? limit.peek();
    },
    reset() {
      limit.value = STEPS[0]!;
      offset.value = 0;
      windowed.value = false;
      protocols.clear();
    },
    takeRows(items, from) {
      if (shown.peek() === undefined) return;
      measure(items, shown.peek()!.serverTime);
      shown.value = { ...shown.peek()!, items, offset: from };
    },
    take(answer, took, from = 0) {
      const serverTime = Date.parse(answer.meta.time);
      measure(answer.items, serverTime);
      const byProtocol = answer.groups.at(-1);
      const flowsOf = (name: string): number => byProtocol?.items.find(({ group }) => group === name)?.value ?? 0;
      const [tcp, udp] = [flowsOf('tcp'), flowsOf('udp')];
      protocols.add([tcp, udp, Math.max(0, answer.meta.matched - tcp - udp)]);
      windowed.value = answer.meta.index?.state === 'live';
      if (windowed.peek()) limit.value = WINDOW;
      const groups = answer.groups.slice(0, -1);
      shown.value = { ...answer, offset: from, groups, serverTime, at: performance.now(), took };
    },
  };
}
