import type { Conntrack } from '@conntrack/netlink';
import { totalOf } from '../../read/stats.js';
import type { TableFacts } from '../facts.js';
import { isNatBuiltIn, isNatLoaded } from './modules.js';

/** Number of rows that are checked for labels and zones: enough to see whether they are used, without walking the whole table. */
const ROWS = 10_000;

async function look(conntrack: Conntrack, signal: AbortSignal | undefined): Promise<TableFacts['looked']> {
  const looked = { rows: 0, labelled: 0, zoned: 0 };
  for await (const slab of conntrack.dump(signal ? { signal } : {})) {
    for (const cursor = slab.cursor(); cursor.next(); ) {
      looked.rows++;
      if (cursor.labelCount() > 0) looked.labelled++;
      if (cursor.zone() !== 0 || cursor.directionZone(0) !== 0 || cursor.directionZone(1) !== 0) looked.zoned++;
    }
    if (looked.rows >= ROWS) break;
  }
  return looked;
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
    looked: await look(conntrack, signal),
  };
}
