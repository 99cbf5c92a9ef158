import { closeSync, openSync } from 'node:fs';
import { NetlinkError } from './error.js';
import type { Native } from './native.js';

/** A network namespace: a name under /run/netns (ip-netns(8)), a path, or an open file descriptor (which stays the caller's). */
export type NetnsRef = string | number;

/** Runs with a descriptor of the namespace (−1: the process's own). @throws NetlinkError ENOENT, EACCES */
export function withNetns<T>(netns: NetnsRef | undefined, use: (fd: number) => T): T {
  if (netns === undefined) return use(-1);
  if (typeof netns === 'number') return use(netns);
  const path = netns.includes('/') ? netns : `/run/netns/${netns}`;
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (cause) {
    const { code = 'EIO', errno = -5 } = cause as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'there is no such network namespace' : 'it cannot be opened';
    throw new NetlinkError(code as `E${string}`, 'open', `network namespace '${netns}': ${why} (${code}, ${path})`, {
      errno: -errno,
      cause,
    });
  }
  try {
    return use(fd);
  } finally {
    closeSync(fd);
  }
}

/** Runs with a network namespace made for it, which is gone afterwards; `undefined` where none can be made. */
export async function withOwnNetns<T>(addon: Native, use: (netns: number) => Promise<T>): Promise<T | undefined> {
  const netns = await addon.createNetns();
  if (netns < 0) return undefined;
  try {
    return await use(netns);
  } finally {
    addon.close(netns);
  }
}

/**
 * What is tried in such a namespace, once for each set of system calls; `fallback` where none could be made. What could not be tried (no
 * descriptor left, say), and so is not `certain`, is tried when it is asked for again.
 */
export function triedOnce<T>(
  known: WeakMap<Native, Promise<T>>,
  addon: Native,
  attempt: (netns: number) => Promise<T>,
  fallback: T,
  certain: (answer: T) => boolean,
): Promise<T> {
  const before = known.get(addon);
  if (before !== undefined) return before;
  const answer = withOwnNetns(addon, attempt).then(tried => tried ?? fallback);
  known.set(addon, answer);
  const forget = (): void => void known.delete(addon);
  answer.then(value => certain(value) || forget(), forget);
  return answer;
}
