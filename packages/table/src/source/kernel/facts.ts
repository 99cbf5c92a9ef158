import { type Conntrack, type Flowtable, NetlinkError } from '@conntrack/netlink';
import { totalOf } from '../../read/stats.js';
import type { TableFacts } from '../facts.js';
import { isMissing, isNatBuiltIn, isNatLoaded } from './modules.js';

/** Returns the flowtables of nftables. Without the module there are none, and asking would load it. */
async function flowtablesOf(conntrack: Conntrack, signal: AbortSignal | undefined): Promise<Flowtable[] | undefined> {
  if (await isMissing('nf_tables')) return [];
  return conntrack.flowtables(signal ? { signal } : {}).catch(error => {
    signal?.throwIfAborted();
    if (error instanceof NetlinkError) return undefined;
    throw error;
  });
}

/** Gets all {@link TableFacts} from the kernel. What the kernel supports is tried in a namespace made for it, never in the table itself. */
export async function kernelFacts(conntrack: Conntrack, signal: AbortSignal | undefined): Promise<TableFacts> {
  const setting = (name: string): number | undefined => {
    const text = conntrack.sysctl(name)?.trim();
    return text === undefined || text === '' ? undefined : Number(text);
  };
  const given = <Name extends keyof TableFacts>(name: Name, value: number | undefined) =>
    (value === undefined ? {} : { [name]: value }) as { [key in Name]?: number };
  const { count, max } = await conntrack.count();
  const nat = (await isNatLoaded()) || (await isNatBuiltIn());
  const flowtables = await flowtablesOf(conntrack, signal);
  const { proven, dump, flush, protocols, faults } = await conntrack.capabilities();
  return {
    count,
    ...given('max', max),
    ...given('buckets', setting('net.netfilter.nf_conntrack_buckets')),
    ...given('accounting', setting('net.netfilter.nf_conntrack_acct')),
    ...given('timestamps', setting('net.netfilter.nf_conntrack_timestamp')),
    ...given('eventsMode', setting('net.netfilter.nf_conntrack_events')),
    ...given('tcpLoose', setting('net.netfilter.nf_conntrack_tcp_loose')),
    ...given('rmemMax', setting('net.core.rmem_max')),
    ...(nat !== undefined && { nat }),
    proven,
    dump,
    flush,
    protocols,
    faults,
    counters: totalOf(await conntrack.cpuStats(signal ? { signal } : {})),
    ...(flowtables !== undefined && { flowtables }),
  };
}
