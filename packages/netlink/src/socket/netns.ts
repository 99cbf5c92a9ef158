import { closeSync, constants, openSync, readdirSync } from 'node:fs';
import { suggestion } from '@conntrack/flow/checks';
import { NetlinkError, type NetlinkErrorDetails } from '../wire/error.js';
import type { Native } from './native.js';

/** A network namespace: a name under /run/netns (ip-netns(8)), a path, or an open file descriptor, which still belongs to the caller. */
export type NetnsRef = string | number;

/** The folder where ip-netns(8) keeps named namespaces. */
const FOLDER = '/run/netns';

/** Calls a function with a descriptor of the namespace (−1: the process's own). @throws NetlinkError NAMESPACE_NOT_FOUND, EACCES */
export function withNetns<T>(netns: NetnsRef | undefined, use: (fd: number) => T): T {
  if (netns === undefined) return use(-1);
  if (typeof netns === 'number') return use(netns);
  let fd: number;
  try {
    // Without O_NONBLOCK, opening a FIFO of this name would wait.
    fd = openSync(netns.includes('/') ? netns : `${FOLDER}/${netns}`, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    const { code = 'EIO', errno = -5 } = cause as NodeJS.ErrnoException;
    const details = { errno: -errno, cause };
    if (code === 'ENOENT' || code === 'ENOTDIR') throw namespaceNotFound(netns, details);
    const message = `cannot open the network namespace '${netns}': ${code === 'EACCES' ? 'permission denied; run it with sudo' : code} (${code})`;
    throw new NetlinkError(code as `E${string}`, 'open', message, details);
  }
  try {
    return use(fd);
  } finally {
    closeSync(fd);
  }
}

function namespaceNotFound(netns: string, details: NetlinkErrorDetails): NetlinkError {
  if (netns.includes('/'))
    return new NetlinkError('NAMESPACE_NOT_FOUND', 'open', `network namespace not found: ${netns}`, details);
  let names: string[] = [];
  try {
    names = readdirSync(FOLDER);
  } catch {}
  const hint = suggestion(netns, names, 'There are');
  const message = `network namespace '${netns}' not found${names.length === 0 ? ` (${FOLDER} has none)` : hint}`;
  return new NetlinkError('NAMESPACE_NOT_FOUND', 'open', message, details);
}

/** Rewords an error of entering a namespace: the usual explanations of its errno are about attributes and entries. */
export function namingNamespace(error: unknown, netns: NetnsRef | undefined): unknown {
  if (netns === undefined || !(error instanceof NetlinkError) || error.operation !== 'open') return error;
  const name = typeof netns === 'number' ? `the descriptor ${netns}` : `'${netns}'`;
  const details = { errno: error.errno ?? 0, cause: error };
  if (error.code === 'EINVAL')
    return new NetlinkError(
      'NAMESPACE_NOT_FOUND',
      'open',
      `${name} is not a network namespace. Use a name from 'ip netns list', or a path like /proc/PID/ns/net`,
      details,
    );
  if (error.code === 'EPERM')
    return new NetlinkError(
      'EPERM',
      'open',
      `entering the network namespace ${name} needs CAP_SYS_ADMIN; run it with sudo (EPERM)`,
      details,
    );
  return error;
}

/** Calls a function with a network namespace made for it, which is destroyed afterwards; returns `undefined` if none can be made. */
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
 * Runs a trial in such a namespace, once for each set of system calls; returns `fallback` if no namespace could be made. A result that is
 * not `certain` (for example, because no descriptor was free) is tried again at the next call.
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
