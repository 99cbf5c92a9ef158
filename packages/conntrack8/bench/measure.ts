import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** The cost of one run of a program. */
export interface Run {
  /** Elapsed seconds. */
  wall: number;
  /** Processor seconds, user and system. */
  cpu: number;
  /** Maximum resident memory in MiB. */
  peak: number;
}

/** Ticks per second of the times in /proc, on every Linux that Node supports. */
const TICKS = 100;

/** An environment without variables that affect Node: for example, certificates to load would slow down every start. Compiled code is kept in the home. */
const ENVIRONMENT = { PATH: process.env.PATH, HOME: process.env.HOME };

/** Processor seconds of all ended children (proc(5): cutime and cstime). */
function childrenCpu(): number {
  const stat = readFileSync('/proc/self/stat', 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[13]) + Number(fields[14])) / TICKS;
}

/** Runs a program to its end and discards its output. @throws if it does not exit with 0 */
export function timed(command: string, args: readonly string[]): Promise<Run> {
  const cpu = childrenCpu();
  const from = performance.now();
  const child = spawn(command, args, { stdio: 'ignore', env: ENVIRONMENT });
  let peak = 0;
  // The kernel itself keeps the peak; only the moment before the end can be missed.
  const watch = setInterval(() => {
    try {
      const text = readFileSync(`/proc/${child.pid}/status`, 'latin1');
      peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(text)?.[1] ?? 0));
    } catch {
      // It has just ended.
    }
  }, 20);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', status => {
      clearInterval(watch);
      if (status !== 0) reject(new Error(`${command} ${args.join(' ')} ended with ${status}`));
      else resolve({ wall: (performance.now() - from) / 1000, cpu: childrenCpu() - cpu, peak: peak / 1024 });
    });
  });
}

/** Milliseconds of one start, without reading its output. @throws if it does not exit with 0 */
export function started(command: string, args: readonly string[]): number {
  const from = performance.now();
  const { status } = spawnSync(command, args, { stdio: 'ignore', env: ENVIRONMENT });
  const taken = performance.now() - from;
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}`);
  return taken;
}
