/** Counters of one CPU since boot (`enum ctattr_stats_cpu`). A counter that the running kernel does not send is absent. */
export interface CpuStats {
  cpu: number;
  /** Look-ups that found an entry. */
  found?: number;
  /** Packets that could not be tracked. */
  invalid?: number;
  insert?: number;
  /** Entries that could not be inserted, because another entry had got the tuple in the meantime. */
  insertFailed?: number;
  /** Packets dropped because the table was full and nothing could be evicted. */
  drop?: number;
  /** Entries evicted to make room. */
  earlyDrop?: number;
  error?: number;
  searchRestart?: number;
  /** Insertion races that the kernel resolved. */
  clashResolve?: number;
  /** Packets dropped because their hash chain was too long. */
  chainTooLong?: number;
  searched?: number;
  new?: number;
  ignore?: number;
  delete?: number;
  deleteList?: number;
}

/** How full a table is, and the counters of its tracker. */
export interface TableStats {
  count: number;
  max?: number;
  /** Part of the table that is in use, 0 to 1: `count` ÷ `max`. */
  fill?: number;
  /** Each CPU's counters since boot; empty for sources that have none. */
  cpus: CpuStats[];
  /** Sum of each counter over all CPUs. */
  total: Omit<CpuStats, 'cpu'>;
}
