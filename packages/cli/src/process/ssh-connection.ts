import { readFileSync } from 'node:fs';
import type { Io } from './io.js';

/** How many parents of this process are asked. */
const GENERATIONS = 32;

/** The variable of a process. `undefined` if it has none, or if this user may not read it. */
function variableOf(pid: number, name: string): string | undefined {
  try {
    const variables = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
    return variables.find(each => each.startsWith(`${name}=`))?.slice(name.length + 1);
  } catch {
    return undefined;
  }
}

/** The parent of a process. 0 if it is unknown. */
function parentOf(pid: number): number {
  try {
    return Number(/^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/**
 * The value of `$SSH_CONNECTION`. sudo removes it from the environment, so the parents of this process are asked, too.
 */
export function sshConnection(env: Io['env'], parent: number = process.ppid): string | undefined {
  if (env.SSH_CONNECTION) return env.SSH_CONNECTION;
  for (let pid = parent, left = GENERATIONS; pid > 1 && left > 0; pid = parentOf(pid), left--) {
    const found = variableOf(pid, 'SSH_CONNECTION');
    if (found) return found;
  }
  return undefined;
}
