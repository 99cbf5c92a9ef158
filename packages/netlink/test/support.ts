import type { FlowRef, NewFlow } from '@conntrack/flow';
import type { TestContext } from 'vitest';
import { Conntrack, NetlinkError, type OpenOptions } from '../src/index.js';
import { native } from '../src/socket/native.js';

let reason: string | undefined;
try {
  const netns = native().createNetnsSync();
  if (netns < 0)
    reason = `no network namespace can be made here (errno ${-netns}): run as root, or allow user namespaces`;
  else native().close(netns);
} catch (error) {
  reason = (error as Error).message;
}

/** Why there is no kernel to test against; `undefined` if there is one. */
export const noKernel = reason;

/** A client of a namespace that belongs to the test. Both are closed with the test. */
export function privateTable(context: TestContext, options: OpenOptions = {}): Conntrack & { netns: number } {
  if (reason !== undefined) context.skip(reason);
  const netns = native().createNetnsSync();
  const conntrack = Conntrack.open({ netns, ...options });
  context.onTestFinished(() => {
    conntrack.close();
    native().close(netns);
  });
  return Object.assign(conntrack, { netns });
}

/** A TCP connection to create. Connections differ by their port. */
export const tcp = (sport: number, more: Partial<NewFlow> = {}): NewFlow => ({
  family: 'ipv4',
  protonum: 6,
  original: { src: `10.0.${(sport >> 16) & 255}.1`, dst: '10.0.0.2', sport: sport & 0xffff, dport: 80 },
  timeout: 600,
  state: 'ESTABLISHED',
  ...more,
});

export const udp = (sport: number, more: Partial<NewFlow> = {}): NewFlow => {
  const { state: _, ...flow } = tcp(sport, more);
  return { ...flow, protonum: 17 };
};

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** Returns the NetlinkError with which a promise rejects. */
export async function failure(promise: Promise<unknown>): Promise<NetlinkError> {
  const error = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (error instanceof NetlinkError) return error;
  throw new TypeError(`expected a NetlinkError, got ${String(error)}`);
}

export const ref = ({ family, protonum, original, zone }: NewFlow): FlowRef => ({
  family,
  protonum,
  original,
  ...(zone !== undefined && { zone }),
});
