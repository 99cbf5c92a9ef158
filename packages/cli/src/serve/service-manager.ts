import { sendUnixDatagram } from '@conntrack/netlink';

type Env = Readonly<Record<string, string | undefined>>;

/** What the service manager (systemd) is told, as sd_notify(3) describes it. Without one nothing happens. */
export interface ServiceManager {
  /** Whether there is one. */
  readonly there: boolean;
  /** The server answers; also after {@link reloading}. */
  ready(status: string): void;
  reloading(): void;
  stopping(): void;
  /** Says from now on that the server lives, as often as the manager wants, for as long as `check` comes to its end. Returns what ends it. */
  watch(check: () => Promise<unknown>): () => void;
}

/** CLOCK_MONOTONIC in microseconds: the manager orders a reload and its own request by it. */
const monotonic = (): bigint => process.hrtime.bigint() / 1000n;

/** The manager that the environment names. A message that does not get there is reported and does no harm. */
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
      // Half of the time, as sd_watchdog_enabled(3) advises.
      const timer = setInterval(() => {
        if (checking) return;
        checking = true;
        const alive = (): void => {
          checking = false;
          tell('WATCHDOG=1');
        };
        // A table that refuses is /readyz's matter; one that does not answer at all is the watchdog's.
        check().then(alive, alive);
      }, microseconds / 2000);
      timer.unref();
      return () => clearInterval(timer);
    },
  };
}
