/** Something that repeats, and adapts its interval to how long it takes. */
export interface PollOptions {
  /** One round. An error ends the round, not the polling: `run` reports it. */
  run(signal: AbortSignal): Promise<void>;
  /** Shortest interval in milliseconds. */
  least: number;
  /** Whether rounds are skipped: paused, or nobody looks. */
  idle(): boolean;
}

export interface Poll {
  /** Starts a round now, and drops the running one. */
  now(): void;
  stop(): void;
  /** The interval after the last round in milliseconds. */
  interval(): number;
}

/** A round may take at most this part of the time. */
const SHARE = 5;

/** Repeats `run`. After a round that took long, it waits at least five times as long, so that a large table is not read all the time. */
export function poll({ run, least, idle }: PollOptions): Poll {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running: AbortController | undefined;
  let interval = least;
  let stopped = false;
  const plan = (wait: number): void => {
    clearTimeout(timer);
    if (!stopped) timer = setTimeout(() => void round(false), wait);
  };
  const round = async (asked: boolean): Promise<void> => {
    if (!asked && idle()) return plan(least);
    running?.abort();
    const own = new AbortController();
    running = own;
    clearTimeout(timer);
    const begun = performance.now();
    await run(own.signal);
    if (running !== own) return;
    running = undefined;
    interval = Math.max(least, (performance.now() - begun) * SHARE);
    plan(interval);
  };
  plan(0);
  return {
    now: () => void round(true),
    interval: () => interval,
    stop() {
      stopped = true;
      clearTimeout(timer);
      running?.abort();
    },
  };
}
