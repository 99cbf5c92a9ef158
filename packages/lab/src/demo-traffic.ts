import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { type Closable, REGULARS, type Regular, VISITORS, type Visitor } from './demo-cast.js';
import { createDemoEntries } from './demo-entries.js';
import type { NatLab } from './nat-lab.js';

/** Traffic that continues until it is stopped. */
export interface DemoTraffic extends AsyncDisposable {
  /** How many conversations broke and were opened again. A conversation breaks if its entry is deleted. */
  readonly interruptions: number;
  /** Stops the traffic, and waits until it has ended. */
  stop(): Promise<void>;
}

/** Waits; returns false if the signal stops it. */
const wait = (seconds: number, signal: AbortSignal): Promise<boolean> =>
  delay(seconds * 1000, true, { signal }).catch(() => false);

const RETRY = 2;
/** Seconds after which entries of absent hosts that a user has deleted come back. */
const REFRESH = 20;

/**
 * Starts a light mix of real IPv4 and IPv6 traffic: long-lived TCP and UDP conversations, some through the port forward, short HTTP and DNS
 * requests, echo requests, a SYN and DNS queries without an answer, a client with many flows, and a port scan. Entries of hosts that the lab
 * does not have are created: backends of a load balancer, stale UDP, idle connections, zones, FTP.
 *
 * After a moment the router has about 150 entries, after two minutes about 220. Returns once the first of each kind got through. Ends with
 * `signal`, with the lab, or by `stop()`.
 *
 * @example
 * ```ts
 * await using lab = await createNatLab(DEMO_LAB);
 * await using traffic = await startDemoTraffic(lab);
 * ```
 *
 * @throws LabError if the traffic does not get through at the start
 */
export async function startDemoTraffic(lab: NatLab, options: { signal?: AbortSignal } = {}): Promise<DemoTraffic> {
  const own = new AbortController();
  const signal = AbortSignal.any([own.signal, lab.signal, ...(options.signal === undefined ? [] : [options.signal])]);
  // Every participant listens to the signal.
  setMaxListeners(0, signal);
  const running: Promise<void>[] = [];
  let interruptions = 0;
  const broke = async (): Promise<boolean> => {
    if (signal.aborted) return false;
    interruptions++;
    return wait(RETRY, signal);
  };

  async function keepUp({ every, open }: Regular, first: Awaited<ReturnType<Regular['open']>>): Promise<void> {
    for (let handle = first; ; ) {
      try {
        while (await wait(every, signal)) await handle.say();
        return await handle.close();
      } catch {
        await handle.close();
        const again = await reopen(open);
        if (again === undefined) return;
        handle = again;
      }
    }
  }

  async function reopen(open: Regular['open']) {
    while (await broke()) {
      try {
        return await open(lab);
      } catch {
        // The next turn tries again.
      }
    }
    return undefined;
  }

  async function comeBy({ away, stays = 0, first, visit }: Visitor, present: readonly Closable[]): Promise<void> {
    for (let turn = first; ; turn++) {
      if (stays > 0) await wait(stays, signal);
      await Promise.all(present.map(handle => handle.close()));
      present = [];
      if (!(await wait(away, signal))) return;
      try {
        present = [await visit(lab, turn)];
      } catch {
        await broke();
      }
    }
  }

  async function refresh(): Promise<void> {
    while (await wait(REFRESH, signal)) await createDemoEntries(lab);
  }

  const stop = async () => {
    own.abort();
    await Promise.all(running);
  };
  try {
    await createDemoEntries(lab);
    running.push(refresh());
    for (const regular of lab.families.flatMap(family => REGULARS[family]))
      running.push(keepUp(regular, await regular.open(lab)));
    for (const visitor of VISITORS) {
      const turns = Array.from({ length: visitor.first }, (_, turn) => turn);
      running.push(comeBy(visitor, await Promise.all(turns.map(turn => visitor.visit(lab, turn)))));
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    get interruptions() {
      return interruptions;
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
