import type { FleetMeta } from './fleet.js';

/** Counters of one CPU since boot (`enum ctattr_stats_cpu`). A counter that the running kernel does not send is absent. */
export interface CpuStats {
  /** Number of the CPU. */
  cpu: number;
  /** Look-ups that found an entry. */
  found?: number;
  /** Packets that could not be tracked. */
  invalid?: number;
  /** Entries that were inserted. */
  insert?: number;
  /** Entries that could not be inserted, because another entry had got the tuple in the meantime. */
  insertFailed?: number;
  /** Packets dropped because the table was full and nothing could be evicted. */
  drop?: number;
  /** Entries evicted to make room. */
  earlyDrop?: number;
  /** ICMP packets that could not be tracked because of an error. */
  error?: number;
  /** Look-ups that had to start again because the table was resized. */
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

/** The counters by name, in the order of the kernel, each with the name that conntrack(8) prints. */
export const COUNTER_NAMES = {
  searched: 'searched',
  found: 'found',
  new: 'new',
  invalid: 'invalid',
  ignore: 'ignore',
  delete: 'delete',
  deleteList: 'delete_list',
  insert: 'insert',
  insertFailed: 'insert_failed',
  drop: 'drop',
  earlyDrop: 'early_drop',
  error: 'error',
  searchRestart: 'search_restart',
  clashResolve: 'clash_resolve',
  chainTooLong: 'chaintoolong',
} as const satisfies Readonly<Record<Exclude<keyof CpuStats, 'cpu'>, string>>;

/** How full a table is, and the counters of its tracker. */
export interface TableStats {
  /** Number of entries. */
  count: number;
  /** Maximum number of entries. */
  max?: number;
  /** Part of the table that is in use, 0 to 1: `count` ÷ `max`. */
  fill?: number;
  /** Each CPU's counters since boot; empty for sources that have none. */
  cpus: CpuStats[];
  /** Sum of each counter over all CPUs. */
  total: Omit<CpuStats, 'cpu'>;
  /** The statistics of each node of a fleet; the other members are sums, without single CPUs. Absent for the table of one host. */
  nodes?: Record<string, TableStats>;
  /** Which nodes of a fleet the answer is about. Absent for the table of one host. */
  fleet?: FleetMeta;
}
