import type { ConntrackClient, Flow, ServedNamespace, ServerCapabilities, ServerVersion } from '@conntrack/client';
import type { Finding } from '@conntrack/flow/table';
import { batch, computed, effect, type ReadonlySignal, signal } from '@preact/signals';
import { filterOf } from './filter-edit.js';
import { rowKey } from './flow-facts.js';
import { askedOf, type FlowsModel, filterOfView, flowsModel, type Recorded } from './flows.js';
import { type KillModel, killModel } from './kill.js';
import { poll } from './poll.js';
import type { Session } from './session.js';
import { makeTicker, type Ticker } from './ticker.js';
import { makeSeries, type Series, type TrafficModel, trafficModel } from './traffic.js';
import type { ViewModel } from './view.js';

/** How current the page is. */
export type Live = { state: 'loading' | 'live' | 'paused' | 'resyncing' } | { state: 'failing'; message: string };

/** Everything that the page shows, and what can be done with it. */
export interface ConsoleModel extends ViewModel {
  readonly session: Session;
  readonly client: ReadonlySignal<ConntrackClient>;
  readonly flows: FlowsModel;
  readonly ticker: Ticker;
  readonly traffic: TrafficModel;
  /** Bytes a second of the host page's flows. */
  readonly hostRates: ReadonlySignal<Series>;
  readonly kill: KillModel;
  readonly capabilities: ReadonlySignal<ServerCapabilities | undefined>;
  /** What the checks of the setup found. */
  readonly findings: ReadonlySignal<readonly Finding[]>;
  readonly version: ReadonlySignal<ServerVersion | undefined>;
  readonly namespaces: ReadonlySignal<readonly ServedNamespace[]>;
  /** What the source records. */
  readonly recorded: ReadonlySignal<Recorded>;
  readonly live: ReadonlySignal<Live>;
  readonly paused: ReadonlySignal<boolean>;
  /** Milliseconds between refreshes. */
  readonly interval: ReadonlySignal<number>;
  /** The flow whose details are open, and the row that the keyboard is on. */
  readonly opened: ReadonlySignal<Flow | undefined>;
  readonly selected: ReadonlySignal<ReadonlyMap<string, Flow>>;
  may(scope: string): boolean;
  pause(on: boolean): void;
  refresh(): void;
  open(flow: Flow | undefined): void;
  select(flow: Flow, on?: boolean): void;
  selectNone(): void;
  start(): Promise<void>;
}

/** Shortest time between two scans of the table. */
const LEAST = 2000;
const STATS = 2000;
const CAPABILITIES = 60_000;

/** What an answer says that the source does not record. */
function missingOf(error: unknown): keyof Recorded | undefined {
  const { code, problem } = error as { code?: string; problem?: { field?: string } };
  if (code !== 'field-unavailable') return undefined;
  return /^(age|start|stop)$/.test(problem?.field ?? '') ? 'timestamps' : 'accounting';
}

/** Makes the model of the page. `hidden` says whether nobody looks at it. */
export function consoleModel(session: Session, place: ViewModel, hidden: () => boolean): ConsoleModel {
  const { view } = place;
  const flows = flowsModel();
  const ticker = makeTicker();
  const traffic = trafficModel();
  const hostRates = makeSeries(2);
  const kill = killModel();
  const capabilities = signal<ServerCapabilities | undefined>();
  const findings = signal<readonly Finding[]>([]);
  const version = signal<ServerVersion | undefined>();
  const namespaces = signal<readonly ServedNamespace[]>([]);
  // A source may say that it can record something, and no entry has it.
  const absent = signal<ReadonlySet<keyof Recorded>>(new Set());
  const recorded = computed(() => ({
    accounting: (capabilities.value?.accounting ?? false) && !absent.value.has('accounting'),
    timestamps: (capabilities.value?.timestamps ?? false) && !absent.value.has('timestamps'),
  }));
  const answered = signal<Live>({ state: 'loading' });
  const paused = signal(false);
  const interval = signal(LEAST);
  const opened = signal<Flow | undefined>();
  const selected = signal<ReadonlyMap<string, Flow>>(new Map());
  const client = computed(() => {
    const { netns } = view.value;
    return netns === '.' ? session.client.value : session.client.value.netns(netns);
  });
  // One text for what decides the request, so that it is sent again only if that changes.
  const filter = computed(() => filterOfView(view.value));
  const subject = computed(() => {
    const { filter: _, ...rest } = view.value;
    return JSON.stringify([filter.value, rest.sort, rest.netns, rest.page === 'host', rest.groups, rest.metric]);
  });

  const failed = (error: unknown): void => {
    const { status, message } = error as { status?: number; message: string };
    if (status === 401) session.reject(message);
    answered.value = { state: 'failing', message };
  };
  const readFlows = async (abort: AbortSignal): Promise<void> => {
    if (session.refused.peek() !== undefined || !session.may('flows:read')) return;
    if (filterOf(filter.peek()) === undefined) return;
    const asked = askedOf(view.peek(), flows.limit.peek(), recorded.peek());
    const begun = performance.now();
    try {
      const answer = await client.peek().overview(asked.filter, { ...asked.options, signal: abort });
      if (abort.aborted) return;
      batch(() => {
        flows.take(answer, performance.now() - begun);
        answered.value = { state: 'live' };
        if (view.peek().page === 'host') {
          const total = flows.total.peek();
          hostRates.add([total?.up ?? null, total?.down ?? null]);
        }
        const now = new Map(answer.items.map(flow => [rowKey(flow), flow]));
        const current = opened.peek() && now.get(rowKey(opened.peek()!));
        if (current !== undefined) opened.value = current;
      });
    } catch (error) {
      if (abort.aborted) return;
      const missing = missingOf(error);
      if (missing !== undefined && recorded.peek()[missing]) {
        absent.value = new Set([...absent.peek(), missing]);
        return readFlows(abort);
      }
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
    ...place,
    session,
    client,
    flows,
    ticker,
    traffic,
    hostRates: hostRates.series,
    kill,
    capabilities,
    findings,
    recorded,
    version,
    namespaces,
    paused,
    interval,
    opened,
    selected,
    live: computed(() => {
      if (answered.value.state === 'failing') return answered.value;
      if (paused.value) return { state: 'paused' };
      return ticker.state.value === 'resyncing' ? { state: 'resyncing' } : answered.value;
    }),
    may: scope => session.may(scope),
    pause(on) {
      paused.value = on;
      if (!on) polls[0]?.now();
    },
    refresh: () => polls[0]?.now(),
    open(flow) {
      opened.value = flow;
    },
    select(flow, on) {
      const key = rowKey(flow);
      const next = new Map(selected.peek());
      if (on ?? !next.has(key)) next.set(key, flow);
      else next.delete(key);
      selected.value = next;
    },
    selectNone() {
      selected.value = new Map();
    },
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
      let before = subject.peek();
      effect(() => {
        const now = subject.value;
        flows.limit.value;
        if (first) return;
        if (now !== before) {
          absent.value = new Set();
          flows.reset();
          selected.value = new Map();
        }
        before = now;
        polls[0]?.now();
      });
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
