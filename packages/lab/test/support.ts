import { readdirSync, readlinkSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Flow } from '@conntrack/flow';
import { Conntrack } from '@conntrack/netlink';
import { beforeEach } from 'vitest';
import { labAvailable, type Namespace } from '../src/index.js';

/** Skips the tests around it, with the reason, if the lab cannot be built. */
export const needsLab = (): void =>
  beforeEach(({ skip }) => {
    const reason = labAvailable();
    if (reason !== undefined) skip(reason);
  });

/** The namespaces and sockets that this process holds; regular files and pipes are not counted. */
function held(): string[] {
  return readdirSync('/proc/self/fd')
    .flatMap(fd => {
      try {
        return [readlinkSync(`/proc/self/fd/${fd}`)];
      } catch {
        return []; // The descriptor that the listing itself used.
      }
    })
    .filter(name => name.startsWith('socket:') || name.startsWith('net:'));
}

/** What the process holds in addition to the start. Waits for threads that are just ending. */
export async function leaks(use: () => Promise<void>): Promise<string[]> {
  const before = new Set(held());
  await use();
  for (let attempt = 0; ; attempt++) {
    const left = held().filter(name => !before.has(name));
    if (left.length === 0 || attempt === 3000) return left;
    await delay(20);
  }
}

/** A namespace's table, read by the package's own client. */
export async function flowsOf(namespace: Namespace): Promise<Flow[]> {
  const conntrack = Conntrack.open({ netns: namespace.fd });
  try {
    const flows: Flow[] = [];
    for await (const flow of conntrack.list()) flows.push(flow);
    return flows;
  } finally {
    conntrack.close();
  }
}
