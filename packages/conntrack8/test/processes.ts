// Observes other processes from outside, so that a test waits for what they do instead of a fixed time.
import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'vitest';

/** The CPU time of each thread of a process (proc_pid_stat(5)). `undefined` if one of them is running. */
function rest(pid: number): string | undefined {
  try {
    const threads = readdirSync(`/proc/${pid}/task`).map(thread =>
      /^\d+ \(.*\) S (?:\S+ ){10}(\d+ \d+) /.exec(readFileSync(`/proc/${pid}/task/${thread}/stat`, 'latin1')),
    );
    return threads.includes(null) ? undefined : threads.map(match => match![1]).join();
  } catch {
    // A thread ended in between.
    return undefined;
  }
}

/** Whether no thread of a process is running. */
export const asleep = (pid: number): boolean => rest(pid) !== undefined;

/** Waits until a process has slept over several checks, and did nothing in between. */
export async function resting(pid: number): Promise<void> {
  let [looks, last] = [0, rest(pid)];
  await expect
    .poll(() => {
      const now = rest(pid);
      looks = now !== undefined && now === last ? looks + 1 : 0;
      last = now;
      return looks;
    })
    .toBeGreaterThanOrEqual(5);
}
