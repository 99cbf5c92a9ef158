import type { ConntrackClient, FlowRecord, GapRecord, WatchRecord } from '@conntrack/client';
import type { ReadonlySignal } from '@preact/signals';
import { signal } from '@preact/signals';

/** A line of the event list: an event, or a place where events were lost. */
export interface Tick {
  readonly id: number;
  readonly at: Date;
  readonly record: FlowRecord | GapRecord;
}

/** How events arrive: `off` without the right or the support for it. */
export type TickerState = 'off' | 'connecting' | 'live' | 'resyncing' | 'failed';

/** The live events under a filter. */
export interface Ticker {
  readonly ticks: ReadonlySignal<readonly Tick[]>;
  readonly state: ReadonlySignal<TickerState>;
  readonly message: ReadonlySignal<string>;
  /** Numbers of events since the page was opened. */
  readonly totals: { created: number; ended: number; gaps: number };
  /** Watches another filter, or nothing. */
  watch(client: ConntrackClient | undefined, filter: string): void;
}

/** Number of lines that are kept. */
const KEPT = 500;
/** Milliseconds between updates of the page. */
const FLUSH = 250;

export function makeTicker(): Ticker {
  const ticks = signal<readonly Tick[]>([]);
  const state = signal<TickerState>('off');
  const message = signal('');
  const totals = { created: 0, ended: 0, gaps: 0 };
  let waiting: Tick[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running: AbortController | undefined;
  let id = 0;

  const flush = (): void => {
    timer = undefined;
    ticks.value = [...waiting.reverse(), ...ticks.peek()].slice(0, KEPT);
    waiting = [];
  };
  const add = (record: FlowRecord | GapRecord): void => {
    waiting.push({ id: ++id, at: 'time' in record && record.time ? new Date(record.time) : new Date(), record });
    if (waiting.length > KEPT) waiting = waiting.slice(-KEPT);
    if (timer === undefined) timer = setTimeout(flush, FLUSH);
  };
  const take = (record: WatchRecord): void => {
    if (record.type === 'bookmark') state.value = 'live';
    if (record.type === 'new') totals.created++;
    if (record.type === 'destroy') totals.ended++;
    if (record.type === 'gap') {
      totals.gaps++;
      state.value = 'resyncing';
    }
    if (record.type === 'new' || record.type === 'update' || record.type === 'destroy' || record.type === 'gap')
      add(record);
  };
  const run = async (client: ConntrackClient, filter: string, own: AbortController): Promise<void> => {
    state.value = 'connecting';
    message.value = '';
    try {
      const onRetry = ({ error }: { error: Error | undefined }): void => {
        state.value = 'connecting';
        message.value = error?.message ?? '';
      };
      for await (const record of client.watch(filter, { bookmarks: true, signal: own.signal, retry: { onRetry } })) {
        if (state.peek() === 'connecting') state.value = 'live';
        take(record);
        if (record.type !== 'gap' && state.peek() === 'resyncing') state.value = 'live';
      }
    } catch (error) {
      if (own.signal.aborted) return;
      state.value = 'failed';
      message.value = (error as Error).message;
    }
  };
  return {
    ticks,
    state,
    message,
    totals,
    watch(client, filter) {
      running?.abort();
      ticks.value = [];
      waiting = [];
      if (client === undefined) {
        state.value = 'off';
        return;
      }
      running = new AbortController();
      void run(client, filter, running);
    },
  };
}
