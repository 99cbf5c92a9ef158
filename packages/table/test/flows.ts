import { type Filter, parseQuery } from '@conntrack/filter';
import { type Flow, invertTuple, type NewFlow, type Tuple } from '@conntrack/flow';
import type { TableError } from '../src/index.js';

/** A filter of the query language. */
export const filter = (query: string): Filter => parseQuery(query).filter;

/** The error of a promise that must fail. */
export const failing = async (promise: Promise<unknown>): Promise<TableError> =>
  promise.then(
    () => {
      throw new Error('it did not fail');
    },
    error => error,
  );

/** All items of an async iterable. */
export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

/** The nth of a row of TCP connections: mark n, n packets, odd ones established. */
export const tcpFlow = (n: number, extra: Partial<Flow> = {}): Flow => ({
  family: 'ipv4',
  protocol: 'tcp',
  protonum: 6,
  original: {
    src: `10.0.${n >> 8}.${n & 255}`,
    dst: '192.0.2.1',
    sport: 1000 + n,
    dport: 80,
    packets: n,
    bytes: n * 100,
  },
  reply: { src: '192.0.2.1', dst: `10.0.${n >> 8}.${n & 255}`, sport: 80, dport: 1000 + n, packets: 1, bytes: 50 },
  state: n % 2 ? 'ESTABLISHED' : 'TIME_WAIT',
  status: ['SEEN_REPLY', 'ASSURED', 'CONFIRMED'],
  timeout: 100,
  mark: n,
  ...extra,
});

const STATES: Readonly<Record<number, readonly string[]>> = {
  6: ['SYN_SENT', 'SYN_RECV', 'ESTABLISHED', 'FIN_WAIT', 'TIME_WAIT', 'CLOSE'],
  132: ['COOKIE_WAIT', 'ESTABLISHED', 'SHUTDOWN_SENT'],
};

/**
 * A varied table without duplicates: every protocol that this kernel tracks, both families, zones, marks, states, NAT. Reproducible for the
 * same `count`.
 */
export function variedFlows(count: number): NewFlow[] {
  const protocols = [6, 6, 6, 17, 17, 132, 136, 1, 47, 50];
  const pick = <T>(items: readonly T[], n: number): T => items[n % items.length]!;
  return Array.from({ length: count }, (_, n): NewFlow => {
    let protonum = pick(protocols, n * 7 + (n >> 3));
    const v6 = n % 3 === 1;
    if (protonum === 1 && v6) protonum = 58;
    const address = (host: number): string =>
      v6 ? `2001:db8::${(host % 6) + 1}` : `10.0.${host % 2}.${(host % 6) + 1}`;
    const original: Tuple = { src: address(n), dst: address(n + 3 + (n >> 4)) };
    if (protonum === 1) Object.assign(original, { type: 8, code: 0, id: n });
    else if (protonum === 58) Object.assign(original, { type: 128, code: 0, id: n });
    else if (protonum === 47) Object.assign(original, { srckey: n, dstkey: n });
    // ESP has only addresses, so they must differ.
    else if (protonum === 50) original.src = v6 ? `2001:db8:50::${n.toString(16)}` : `10.50.${n >> 8}.${n & 255}`;
    else Object.assign(original, { sport: 1000 + n, dport: pick([53, 80, 443, 9999], n) });
    const states = STATES[protonum];
    return {
      family: v6 ? 'ipv6' : 'ipv4',
      protonum,
      original,
      reply: { ...invertTuple(original, protonum), ...(n % 11 === 0 && !v6 && { dst: `203.0.113.${n % 250}` }) },
      timeout: 600 + n,
      mark: n % 5 === 0 ? 0 : n % 0x30,
      status: n % 4 === 0 ? [] : n % 4 === 1 ? ['SEEN_REPLY'] : ['SEEN_REPLY', 'ASSURED'],
      ...(n % 7 === 0 && { zone: (n % 3) + 1 }),
      ...(states && { state: pick(states, n) }),
      ...(protonum === 132 && { protoinfo: { vtag: { original: n, reply: n + 1 } } }),
    };
  });
}

/** The keys of flows, sorted, for comparing two answers. */
export const keysOf = (flows: readonly Flow[]): string[] => flows.map(flow => flow.key ?? '').sort();
