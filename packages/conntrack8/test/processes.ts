// Other processes, looked at from outside, so that a test waits for what they do and never for a time.
import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'vitest';

/** The CPU time that each thread of a process has had (proc_pid_stat(5)); `undefined` if one of them has work to do. */
function rest(pid: number): string | undefined {
  try {
    const threads = readdirSync(`/proc/${pid}/task`).map(thread =>
      /^\d+ \(.*\) S (?:\S+ ){10}(\d+ \d+) /.exec(readFileSync(`/proc/${pid}/task/${thread}/stat`, 'latin1')),
    );
    return threads.includes(null) ? undefined : threads.map(match => match![1]).join();
  } catch {
    // A thread ended meanwhile.
    return undefined;
  }
}

/** Whether no thread of a process has work to do. */
export const asleep = (pid: number): boolean => rest(pid) !== undefined;

/** Waits until a process has slept over several looks, and did nothing in between. */
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
