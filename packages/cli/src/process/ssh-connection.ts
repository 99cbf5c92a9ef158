import { readFileSync } from 'node:fs';
import { parseAddress } from '@conntrack/flow';
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

/** The value of `$SSH_CONNECTION`. sudo removes it from the environment, so the parents of this process are asked, too. */
function sshConnection(env: Io['env'], parent: number): string | undefined {
  if (env.SSH_CONNECTION) return env.SSH_CONNECTION;
  for (let pid = parent, left = GENERATIONS; pid > 1 && left > 0; pid = parentOf(pid), left--) {
    const found = variableOf(pid, 'SSH_CONNECTION');
    if (found) return found;
  }
  return undefined;
}

/** Both ends of an SSH session, as its host sees them. Addresses are without `%eth0`. */
export interface SshSession {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
}

/** The SSH session in which this command runs. `undefined` outside of one, and if sshd does not know its socket. */
export function sshSession(env: Io['env'], parent: number = process.ppid): SshSession | undefined {
  const parts = sshConnection(env, parent)?.split(' ') ?? [];
  const [remoteAddress = '', , localAddress = ''] = parts.map(part => part.replace(/%.*$/, ''));
  const [remotePort, localPort] = [Number(parts[1]), Number(parts[3])];
  const isKnown = [remoteAddress, localAddress].every(text => parseAddress(text)) && remotePort > 0 && localPort > 0;
  return isKnown ? { remoteAddress, remotePort, localAddress, localPort } : undefined;
}
