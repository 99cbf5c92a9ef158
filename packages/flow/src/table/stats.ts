/** Counters of one CPU since boot (enum ctattr_stats_cpu). What the running kernel does not send is absent. */
export interface CpuStats {
  cpu: number;
  /** Look-ups that found an entry. */
  found?: number;
  /** Packets that could not be tracked. */
  invalid?: number;
  insert?: number;
  /** Entries that could not be inserted: the tuple was taken meanwhile. */
  insertFailed?: number;
  /** Packets dropped because the table was full and nothing could be evicted. */
  drop?: number;
  /** Entries evicted to make room. */
  earlyDrop?: number;
  error?: number;
  searchRestart?: number;
  /** Insert races that were resolved. */
  clashResolve?: number;
  /** Packets dropped because their hash chain was too long. */
  chainTooLong?: number;
  searched?: number;
  new?: number;
  ignore?: number;
  delete?: number;
  deleteList?: number;
}

/** How full a table is, and what its tracker has counted. */
export interface TableStats {
  count: number;
  max?: number;
  /** `count` ÷ `max`. */
  fill?: number;
  /** Each CPU's counters since boot; empty for sources that have none. */
  cpus: CpuStats[];
  /** Their sums. */
  total: Omit<CpuStats, 'cpu'>;
}
