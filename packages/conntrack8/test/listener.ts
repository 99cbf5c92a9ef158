import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Namespace } from '@conntrack/lab';
import { expect } from 'vitest';
import { asleep } from './processes.js';
import { REAL, type Stage } from './stage.js';

/** A listening program, and its output. */
export interface Listener {
  readonly child: ChildProcess;
  readonly said: { stdout: string; stderr: string };
}

/** Starts programs in a namespace, and waits until each one listens. */
export async function listenAll(
  stage: Stage,
  namespace: Namespace,
  lines: readonly (readonly [program: string, ...argv: string[]])[],
): Promise<Listener[]> {
  const listeners = lines.map(([program, ...argv]): Listener => {
    const child = stage.spawn(namespace, program, argv);
    const said = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const)
      child[name]!.setEncoding('utf8').on('data', (chunk: string) => {
        said[name] += chunk;
      });
    return { child, said };
  });
  // Each program joins its groups with one socket. Sockets of other programs would also count, but the namespace has
  // none.
  const [{ child }] = listeners as [Listener];
  await expect.poll(() => sockets(child.pid!).length).toBeGreaterThanOrEqual(listeners.length);
  return listeners;
}

/** The command lines of the two programs. */
export const both = (stage: Stage, ...argv: string[]): [string, ...string[]][] => [
  [REAL, ...argv],
  [stage.ours, ...argv],
];

/** Unread bytes of each netfilter socket with a multicast group, in the namespace of a process. */
const sockets = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/net/netlink`, 'latin1')
    .split('\n')
    .map(line => line.trim().split(/\s+/))
    .filter(([, protocol, , groups]) => protocol === '12' && groups !== '00000000')
    .map(([, , , , unread]) => Number(unread));

/** Waits until everything that the kernel sent was read and printed. */
export async function quiet(listeners: readonly Listener[]): Promise<void> {
  let before = -1;
  await expect
    .poll(async () => {
      await sleep(50);
      const now = listeners.reduce((sum, { said }) => sum + said.stdout.length + said.stderr.length, 0);
      const same = now === before;
      before = now;
      return (
        same &&
        sockets(listeners[0]!.child.pid!).every(unread => unread === 0) &&
        listeners.every(({ child }) => asleep(child.pid!))
      );
    })
    .toBe(true);
}

/** Ends the programs like Ctrl-C does. Returns their exit codes. */
export const end = (
  listeners: readonly Listener[],
  signal: NodeJS.Signals = 'SIGINT',
): Promise<(number | string | null)[]> =>
  Promise.all(
    listeners.map(async ({ child }) => {
      const closed = once(child, 'close');
      child.kill(signal);
      const [code, by] = (await closed) as [number | null, string | null];
      return code ?? by;
    }),
  );
