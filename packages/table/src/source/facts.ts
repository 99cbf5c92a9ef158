import type { CpuStats, DumpCondition, Flowtable, FlushCondition, KernelFault } from '@conntrack/netlink';

/** Facts about a kernel's table. What could not be read is absent. */
export interface TableFacts {
  count: number;
  /** `nf_conntrack_max`; 0 means no limit. */
  max?: number;
  /** `nf_conntrack_buckets`: the size of the hash table that all network namespaces share. */
  buckets?: number;
  /** Sysctls under `net.netfilter`, as numbers. */
  accounting?: number;
  timestamps?: number;
  eventsMode?: number;
  tcpLoose?: number;
  /** Whether the kernel has nf_nat. */
  nat?: boolean;
  /** `net.core.rmem_max`, in bytes. */
  rmemMax?: number;
  /** Whether capabilities were tried in a namespace made for it. If not, the sets are empty and have no meaning. */
  proven: boolean;
  dump: ReadonlySet<DumpCondition>;
  flush: ReadonlySet<FlushCondition>;
  /** Numbers of the protocols that have a tracker. */
  protocols: ReadonlySet<number>;
  /** Faults found in the kernel's filters. */
  faults: ReadonlySet<KernelFault>;
  /** Sum of the counters of all CPUs since boot. */
  counters: Omit<CpuStats, 'cpu'>;
  /** The flowtables of nftables. */
  flowtables?: readonly Flowtable[];
}
