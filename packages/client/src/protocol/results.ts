import type { Family, Flow, FlowChange, FlowRef, NewFlow, Tuple } from '@conntrack/flow';

/** Reasons with how many flows each holds for. */
export type Reasons = { reason: string; count: number }[];

/** How full the table is, and what its tracker has counted. */
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

/** What one CPU has counted since boot; a counter that the kernel does not have is absent. */
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

/** What the table is. */
export interface SourceInfo {
  readonly kind: 'kernel' | 'memory' | 'capture';
  /** `kernel`, `memory:sample.txt`, `file:capture.txt`, `procfs`. */
  readonly name: string;
  readonly writable: boolean;
}

/** What the table records and can do. */
export interface Capabilities {
  /** Entries now, where the source can tell without counting. */
  count?: number;
  /** The most entries that the table can hold (`nf_conntrack_max`). */
  max?: number;
  /** Packets and bytes are counted (`net.netfilter.nf_conntrack_acct`). */
  accounting: boolean;
  /** Start times are recorded (`net.netfilter.nf_conntrack_timestamp`). */
  timestamps: boolean;
  /** `net.netfilter.nf_conntrack_events`: 0 off, 1 on, 2 only for entries made while somebody listens. */
  eventsMode?: number;
  /** Packets in mid-stream make an entry (`net.netfilter.nf_conntrack_tcp_loose`). */
  tcpLoose?: boolean;
  /** Whether a change works. */
  writable: boolean;
  /** What a user should know: an empty table that no rule fills, a table nearly full. */
  notes: string[];
}

/** One thing that was looked at on a kernel's table. */
export interface Finding {
  /** Stable, for programs: `accounting`, `fill`, `flush` … */
  check: string;
  /** `warn`: something is or goes wrong. `note`: something does not work, as it was set up. `unknown`: it could not be found out. */
  status: 'ok' | 'note' | 'warn' | 'unknown';
  /** What is. */
  found: string;
  /** What follows from it; absent where all is well. */
  effect?: string;
  /** What to do about it: a command, where one will do. */
  mend?: string;
}

/** What a flush empties: everything, or the entries of a family, zone or mark. */
export type FlushScope =
  | { all: true }
  | { all?: undefined; family?: Family; zone?: number; mark?: number; markMask?: number };

/** What the kernel is asked to filter by in one dump. */
export interface DumpFilter {
  family?: Family;
  protonum?: number;
  original?: Partial<Tuple>;
  reply?: Partial<Tuple>;
  mark?: number;
  markMask?: number;
  status?: number;
  statusMask?: number;
  zone?: number;
}

/** How the table is read for a filter, and why: by look-ups, by one or several filtered dumps, or by walking everything. */
export type ReadPlan =
  | { kind: 'lookup'; refs: readonly FlowRef[]; why: string }
  | { kind: 'dumps'; filters: readonly DumpFilter[]; why: string }
  | { kind: 'scan'; why: string };

/** One change of a list of changes. */
export type ListedChange =
  | { op: 'delete'; key: string }
  | { op: 'update'; key: string; change: FlowChange }
  | { op: 'create'; flow: NewFlow }
  | { op: 'upsert'; flow: NewFlow };

/**
 * What became of one change. `ready`: it would be done (of a dry run). `gone`: the connection has ended. `replaced`: it has ended, and another connection
 * has its tuple. `exists`: another entry has the tuple of a flow to be made. `protected`: it is left alone. `failed`: code and detail say why.
 */
export type Outcome = 'done' | 'ready' | 'gone' | 'replaced' | 'exists' | 'protected' | 'failed';

/** One group of flows. */
export interface TopItem {
  /** The field's value as text; `-` for flows that have not got it. */
  group: string;
  /** Its sum; never too small, and too great by at most `error`. */
  value: number;
  error: number;
}

/** What is known of the groups as a whole. */
export interface TopSummary {
  by: string;
  metric: 'flows' | 'bytes' | 'packets';
  /** There were more groups than were counted exactly: sums may be too great by their `error`, and light groups may be missing. */
  approximate: boolean;
  /** How many groups there are; at least so many when approximate. */
  groups: number;
  /** The metric over all that match. */
  total: number;
  matched: number;
  scanned: number;
}

/** What a restore came to, but for its refusals. */
export interface RestoreCounts {
  /** Flows read. */
  read: number;
  /** Entries made. */
  created: number;
  /** Of a dry run: entries that would be made. */
  ready?: number;
  /** Flows whose tuple has an entry already, which was left as it is. */
  existed: number;
  /** Flows that the table refused. */
  refused: number;
  badLines: number;
  /** What entries that were made lack of the flow they were made from, with how many: counters, start times … */
  lost: Record<string, number>;
}

/** Why flows of a restore were refused. */
export interface RestoreRefusal {
  reason: string;
  count: number;
  /** Up to 5 of them. */
  examples: Flow[];
}
