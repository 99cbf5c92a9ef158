import type { ConntrackClient, ServedNamespace, ServerCapabilities, ServerVersion } from '@conntrack/client';
import type { Finding } from '@conntrack/flow/table';
import { computed, effect, type ReadonlySignal, signal } from '@preact/signals';
import { copyLines } from './copy-lines.js';
import { filterOf } from './filter-edit.js';
import { filterOfView } from './flows.js';
import { type KillModel, killModel } from './kill.js';
import { poll } from './poll.js';
import type { Session } from './session.js';
import { type Feature, type TableModel, tableModel } from './table.js';
import { makeTicker, type Ticker } from './ticker.js';
import { makeSeries, type Series, type TrafficModel, trafficModel } from './traffic.js';
import type { ViewModel } from './view.js';

/** How current the page is. */
export type Live = { state: 'loading' | 'live' | 'paused' | 'resyncing' } | { state: 'failing'; message: string };

/** Everything that the page shows, and what can be done with it. */
export interface ConsoleModel extends TableModel {
  readonly session: Session;
  readonly client: ReadonlySignal<ConntrackClient>;
  readonly capabilities: ReadonlySignal<ServerCapabilities | undefined>;
  readonly ticker: Ticker;
  readonly traffic: TrafficModel;
  /** Bytes a second of the host page's flows. */
  readonly hostRates: ReadonlySignal<Series>;
  readonly kill: KillModel;
  /** What the checks of the setup found. */
  readonly findings: ReadonlySignal<readonly Finding[]>;
  readonly version: ReadonlySignal<ServerVersion | undefined>;
  readonly namespaces: ReadonlySignal<readonly ServedNamespace[]>;
  readonly live: ReadonlySignal<Live>;
  readonly paused: ReadonlySignal<boolean>;
  /** Milliseconds between refreshes. */
  readonly interval: ReadonlySignal<number>;
  pause(on: boolean): void;
  refresh(): void;
  start(): Promise<void>;
}

const READS = /:(read|watch)$/;

/** Shortest time between two scans of the table. */
const LEAST = 2000;
const STATS = 2000;
const CAPABILITIES = 60_000;

/** Makes the model of the page. `hidden` says whether nobody looks at it. */
export function consoleModel(session: Session, place: ViewModel, hidden: () => boolean): ConsoleModel {
  const { view } = place;
  const ticker = makeTicker();
  const traffic = trafficModel();
  const hostRates = makeSeries(2);
  const kill = killModel();
  const capabilities = signal<ServerCapabilities | undefined>();
  const findings = signal<readonly Finding[]>([]);
  const version = signal<ServerVersion | undefined>();
  const namespaces = signal<readonly ServedNamespace[]>([]);
  const answered = signal<Live>({ state: 'loading' });
  const paused = signal(false);
  const interval = signal(LEAST);
  const client = computed(() => {
    const { netns } = view.value;
    return netns === '.' ? session.client.value : session.client.value.netns(netns);
  });
  const table = tableModel(place, {
    source: client,
    capabilities,
    features: signal(new Set<Feature>(['live'])),
    // What the source cannot do is not offered either.
    may: scope => session.may(scope) && (READS.test(scope) || capabilities.value?.writable !== false),
    lines: flow => copyLines(session, view.value.netns, flow),
    timeText: time => new Date(time).toLocaleString(),
  });
  const { flows } = table;
  const filter = computed(() => filterOfView(view.value));

  const failed = (error: unknown): void => {
    const { status, message } = error as { status?: number; message: string };
    if (status === 401) session.reject(message);
    answered.value = { state: 'failing', message };
  };
  const readFlows = async (abort: AbortSignal): Promise<void> => {
    if (session.refused.peek() !== undefined || !session.may('flows:read')) return;
    try {
      if (!(await table.read(abort))) return;
      answered.value = { state: 'live' };
      if (view.peek().page !== 'host') return;
      const total = flows.total.peek();
      hostRates.add([total?.up ?? null, total?.down ?? null]);
    } catch (error) {
      failed(error);
    }
  };
  const readStats = async (abort: AbortSignal): Promise<void> => {
    traffic.takeEvents(ticker.state.peek() === 'off' || ticker.state.peek() === 'failed' ? undefined : ticker.totals);
    if (!session.may('stats:read') || session.caller.peek()?.filter !== undefined) return;
    try {
      traffic.takeStats(await client.peek().stats({ signal: abort }));
    } catch (error) {
      if (!abort.aborted) failed(error);
    }
  };
  const readFacts = async (abort?: AbortSignal): Promise<void> => {
    if (!session.may('stats:read')) return;
    const options = abort ? { signal: abort } : {};
    try {
      capabilities.value = await client.peek().capabilities(options);
      version.value ??= await session.client.peek().version(options);
      namespaces.value = await session.client.peek().namespaces(options);
    } catch (error) {
      if (!abort?.aborted) failed(error);
    }
  };

  const readFindings = async (abort: AbortSignal): Promise<void> => {
    const limited = session.caller.peek()?.filter !== undefined;
    if (!session.may('stats:read') || limited || capabilities.peek()?.source.kind !== 'kernel') {
      findings.value = [];
      return;
    }
    try {
      findings.value = (await client.peek().doctor({ signal: abort })).findings;
    } catch (error) {
      if (!abort.aborted) failed(error);
    }
  };

  let polls: ReturnType<typeof poll>[] = [];
  const idle = (): boolean => paused.peek() || hidden() || kill.state.peek().step !== 'closed';
  const restart = (): void => {
    for (const each of polls) each.stop();
    polls = [
      poll({ run: readFlows, least: LEAST, idle }),
      poll({ run: readStats, least: STATS, idle: hidden }),
      poll({ run: readFacts, least: CAPABILITIES, idle: hidden }),
      poll({ run: readFindings, least: CAPABILITIES, idle: hidden }),
    ];
  };
  const timers = (): void => {
    setInterval(() => {
      interval.value = polls[0]?.interval() ?? LEAST;
    }, 1000);
  };

  return {
    ...table,
    session,
    client,
    capabilities,
    ticker,
    traffic,
    hostRates: hostRates.series,
    kill,
    findings,
    version,
    namespaces,
    paused,
    interval,
    live: computed(() => {
      if (answered.value.state === 'failing') return answered.value;
      if (paused.value) return { state: 'paused' };
      return ticker.state.value === 'resyncing' ? { state: 'resyncing' } : answered.value;
    }),
    pause(on) {
      paused.value = on;
      if (!on) polls[0]?.now();
    },
    refresh: () => polls[0]?.now(),
    async start() {
      await session.ask().catch(failed);
      await readFacts();
      restart();
      timers();
      let first = true;
      // A new token starts everything again.
      effect(() => {
        session.caller.value;
        if (!first) void readFacts().then(restart);
      });
      table.follow(() => polls[0]?.now());
      effect(() => {
        if (view.value.page !== 'host') return;
        void view.value.host;
        hostRates.clear();
      });
      // The kernel does not tell which events a host page needs until its filter is known to be valid.
      effect(() => {
        const text = filter.value;
        const current = client.value;
        const allowed = session.caller.value?.scopes.includes('flows:watch');
        ticker.watch(allowed && filterOf(text) !== undefined ? current : undefined, text);
      });
      first = false;
    },
  };
}
