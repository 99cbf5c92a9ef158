import type { CpuStats, DumpCondition, FlushCondition, KernelFault } from '@conntrack/netlink';

/** What was found out about a kernel's table. What could not be read is absent. */
export interface TableFacts {
  count: number;
  /** `nf_conntrack_max`; 0 is no limit. */
  max?: number;
  /** `nf_conntrack_buckets`: of the hash table that all network namespaces share. */
  buckets?: number;
  /** Sysctls under `net.netfilter`, as numbers. */
  accounting?: number;
  timestamps?: number;
  eventsMode?: number;
  tcpLoose?: number;
  /** Whether the kernel has nf_nat. */
  nat?: boolean;
  /** Bytes: `net.core.rmem_max`. */
  rmemMax?: number;
  /** Whether capabilities were tried out in a namespace made for it; else the sets are empty and say nothing. */
  proven: boolean;
  dump: ReadonlySet<DumpCondition>;
  flush: ReadonlySet<FlushCondition>;
  /** Protocols that have a tracker, by number. */
  protocols: ReadonlySet<number>;
  /** What its filters were seen to get wrong. */
  faults: ReadonlySet<KernelFault>;
  /** Counters of all CPUs together since boot. */
  counters: Omit<CpuStats, 'cpu'>;
  /** Of the rows looked at: how many had labels, and how many a zone. */
  looked: { rows: number; labelled: number; zoned: number };
}
