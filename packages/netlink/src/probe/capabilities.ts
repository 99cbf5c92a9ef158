import type { Family, NewFlow } from '@conntrack/flow';
import { type Capabilities, type DumpCondition, UNPROVEN } from '../change/capabilities.js';
import type { KernelFilter } from '../change/push-down.js';
import type { Native } from '../socket/native.js';
import { triedOnce } from '../socket/netns.js';
import type { OpenOptions } from '../socket/options.js';
import { NetlinkError } from '../wire/error.js';
import type { ProbedClient } from './client.js';
import { faultsOf } from './faults.js';
import { honoredConditions } from './flush.js';

const addresses: Readonly<Record<Family, { src: string; dst: string }>> = {
  ipv4: { src: '192.0.2.1', dst: '192.0.2.2' },
  ipv6: { src: '2001:db8::1', dst: '2001:db8::2' },
};

/** An entry that none of the filters below matches. */
const witness: NewFlow = {
  family: 'ipv4',
  protonum: 17,
  original: { ...addresses.ipv4, sport: 1, dport: 2 },
  timeout: 60,
  mark: 1,
};

const DUMPS: Readonly<Record<DumpCondition, KernelFilter>> = {
  tuple: { family: 'ipv4', protonum: 17, original: { src: '192.0.2.9' } },
  family: { family: 'ipv6' },
  mark: { mark: 2 },
  // ASSURED, which the witness does not have.
  status: { status: 4 },
  zone: { zone: 9 },
};

/** Protocols that some kernels track, each with an entry of it. */
const PROTOCOLS: readonly (readonly [number, Partial<NewFlow>, Partial<NewFlow['original']>])[] = [
  [1, {}, { type: 8, code: 0, id: 1 }],
  [6, { state: 'ESTABLISHED' }, { sport: 1, dport: 2 }],
  [17, {}, { sport: 1, dport: 3 }],
  [33, { state: 'OPEN', protoinfo: { role: 'client', handshakeSeq: 1 } }, { sport: 1, dport: 2 }],
  [47, {}, { srckey: 1, dstkey: 2 }],
  [58, { family: 'ipv6' }, { type: 128, code: 0, id: 1 }],
  [132, { state: 'ESTABLISHED', protoinfo: { vtag: { original: 1, reply: 2 } } }, { sport: 1, dport: 2 }],
  [136, {}, { sport: 1, dport: 2 }],
];

const probed = new WeakMap<Native, Promise<Capabilities>>();

/** Probes the kernel, once for each set of system calls. */
export const probeCapabilities = (addon: Native, open: (options: OpenOptions) => ProbedClient): Promise<Capabilities> =>
  triedOnce(
    probed,
    addon,
    netns => probe(addon, netns, open),
    UNPROVEN,
    ({ proven }) => proven,
  );

async function probe(
  addon: Native,
  netns: number,
  open: (options: OpenOptions) => ProbedClient,
): Promise<Capabilities> {
  const conntrack = open({ netns, native: addon });
  try {
    await conntrack.create(witness);
    const dump = await passing(Object.entries(DUMPS) as [DumpCondition, KernelFilter][], async filter => {
      for await (const _ of conntrack.list({ filter })) return false;
      return true;
    });
    const protocols = await passing(
      PROTOCOLS.map(([protonum, flow, tuple]) => [protonum, { flow, tuple }] as const),
      async ({ flow, tuple }, protonum) => {
        const family = flow.family ?? 'ipv4';
        const original = { ...addresses[family], ...tuple };
        await conntrack.create({ family, protonum, timeout: 60, ...flow, original }, { drops: 'allow' });
        // The generic tracker accepts every protocol, and drops its ports.
        const made = await conntrack.get({ family, protonum, original });
        return Object.keys(original).every(name => made?.original[name as keyof typeof original] !== undefined);
      },
    );
    const maxTimeout = await longestTimeout(conntrack);
    await conntrack.flush({ all: true });
    const faults = await faultsOf(addon, netns, conntrack);
    return {
      proven: true,
      dump,
      flush: await honoredConditions(addon),
      protocols,
      faults,
      ...(maxTimeout !== undefined && { maxTimeout }),
    };
  } finally {
    conntrack.close();
  }
}

const INT_MAX = 0x7fffffff;

/** Finds the longest timeout that the kernel stores, from what it makes of a timeout that no kernel can store. */
async function longestTimeout(conntrack: ProbedClient): Promise<number | undefined> {
  const original = { ...addresses.ipv4, sport: 1, dport: 4 };
  await conntrack.create({ ...witness, original, timeout: 0xffffffff }, { drops: 'allow' });
  const kept = (await conntrack.get({ family: 'ipv4', protonum: 17, original }))?.timeout;
  return kept === undefined || kept === 0 ? undefined : Math.floor(INT_MAX / Math.round(INT_MAX / kept));
}

/** Returns the names of the trials that succeed. A trial that the kernel refuses does not. */
async function passing<K, T>(
  trials: readonly (readonly [K, T])[],
  holds: (trial: T, name: K) => Promise<boolean>,
): Promise<Set<K>> {
  const names = new Set<K>();
  for (const [name, trial] of trials)
    try {
      if (await holds(trial, name)) names.add(name);
    } catch (error) {
      if (!(error instanceof NetlinkError)) throw error;
    }
  return names;
}
