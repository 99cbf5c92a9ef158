import { sendUnixDatagram } from '@conntrack/netlink';

type Env = Readonly<Record<string, string | undefined>>;

/** Notifies the service manager (systemd), as sd_notify(3) describes. Does nothing without one. */
export interface ServiceManager {
  /** Whether there is a service manager. */
  readonly there: boolean;
  /** Reports that the server is ready, at the start and after {@link reloading}. */
  ready(status: string): void;
  reloading(): void;
  stopping(): void;
  /**
   * From now on reports regularly that the server is alive, as long as `check` settles. Returns a function that stops
   * it.
   */
  watch(check: () => Promise<unknown>): () => void;
}

/** CLOCK_MONOTONIC in microseconds. The manager needs it to order a reload and its own request. */
const monotonic = (): bigint => process.hrtime.bigint() / 1000n;

/** The service manager in the environment. A failed notification is reported once and has no other effect. */
export function serviceManager(env: Env, pid: number, report: (text: string) => void): ServiceManager {
  const socket = env.NOTIFY_SOCKET;
  const there = socket !== undefined && /^[/@]/.test(socket);
  let silent = false;
  const tell = (...lines: string[]): void => {
    if (!there) return;
    try {
      sendUnixDatagram(socket, lines.join('\n'));
      silent = false;
    } catch (error) {
      if (!silent) report(`cannot notify the service manager: ${(error as Error).message}`);
      silent = true;
    }
  };
  return {
    there,
    ready: status => tell('READY=1', `STATUS=${status.replaceAll('\n', ' ')}`),
    reloading: () => tell('RELOADING=1', `MONOTONIC_USEC=${monotonic()}`),
    stopping: () => tell('STOPPING=1', 'STATUS=waiting for running requests'),
    watch(check) {
      const microseconds = Number(env.WATCHDOG_USEC);
      const mine = env.WATCHDOG_PID === undefined || Number(env.WATCHDOG_PID) === pid;
      if (!there || !mine || !(microseconds > 0)) return () => {};
      let checking = false;
      // Half of the interval, as sd_watchdog_enabled(3) recommends.
      const timer = setInterval(() => {
        if (checking) return;
        checking = true;
        const alive = (): void => {
          checking = false;
          tell('WATCHDOG=1');
        };
        // A table that returns an error is reported by /readyz. The watchdog is for a table that does not respond at
        // all.
        check().then(alive, alive);
      }, microseconds / 2000);
      timer.unref();
      return () => clearInterval(timer);
    },
  };
}
