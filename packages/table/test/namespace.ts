import { type Flow, invertTuple, type NewFlow, type Tuple } from '@conntrack/flow';
import { Namespace } from '@conntrack/netlink/lab';
import { ConntrackTable, KernelSource, type TableOptions } from '../src/index.js';

/** Why no namespace can be made here; `undefined` when it can. */
function unavailable(): string | undefined {
  try {
    Namespace.create().close();
    return undefined;
  } catch (error) {
    return `no private network namespace: ${(error as Error).message}`;
  }
}

/** The reason to skip tests against the kernel, if there is one. */
export const noKernel = unavailable();

/** A table of the real kernel in a network namespace of its own. */
export async function kernelTable(options: TableOptions = {}) {
  const namespace = Namespace.create();
  const source = await KernelSource.open({ netns: namespace.fd });
  const table = new ConntrackTable(source, options);
  return {
    namespace,
    source,
    table,
    close() {
      table.close();
      namespace.close();
    },
  };
}

/** Everything of an async iterable. */
export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

const STATES: Readonly<Record<number, readonly string[]>> = {
  6: ['SYN_SENT', 'SYN_RECV', 'ESTABLISHED', 'FIN_WAIT', 'TIME_WAIT', 'CLOSE'],
  132: ['COOKIE_WAIT', 'ESTABLISHED', 'SHUTDOWN_SENT'],
};

/** A varied table without doubles: every protocol that this kernel tracks, both families, zones, marks, states, NAT. Always the same for the same `count`. */
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
    // ESP has addresses alone: they must differ.
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

/** Flows by key, in order: what two answers are compared by. */
export const keysOf = (flows: readonly Flow[]): string[] => flows.map(flow => flow.key ?? '').sort();
