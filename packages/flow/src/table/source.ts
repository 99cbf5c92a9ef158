import { TableError } from './errors.js';
import type { FleetMeta } from './fleet.js';

/** What a table reads its entries from. */
export type SourceKind = 'kernel' | 'memory' | 'capture' | 'fleet' | 'history';

/** A description of a table's source. */
export interface SourceInfo {
  /** The kind of the source. */
  readonly kind: SourceKind;
  /** Name of the source: `kernel`, `memory:sample.txt`, `file:capture.txt`, `procfs`. */
  readonly name: string;
  /** Whether entries can be changed. */
  readonly writable: boolean;
}

/** The state of an index: a copy of the table in memory, which events keep current. */
export interface IndexState {
  /**
   * `live`: the index answers. `syncing`: it reads the table for the first time. `stale`: events were lost, and it reads the table again.
   * `off`: it was switched off, see `reason`. The kernel answers every question unless the index is live.
   */
  state: 'live' | 'syncing' | 'stale' | 'off';
  /** Why the index is off. */
  reason?: string;
  /** When the index was current for the last time: now, if it is live. RFC 3339. Absent if it never was. */
  asOf?: string;
  /** Number of times that events were lost. */
  gaps: number;
  /** Number of entries in the index. */
  entries: number;
  /** Bytes of memory. */
  bytes: number;
  /** Entries that are older than the index and may end without an event; they are looked up at intervals. */
  uncertain: number;
  /** Events received. */
  events: number;
  /** Number of complete reads of the table. */
  resyncs: number;
  /** Entries that a read added or corrected without an event that explains it. 0 if the index works. */
  drift: number;
}

/** What an answer says about the index of its table. */
export type IndexMeta = Pick<IndexState, 'state' | 'asOf' | 'gaps'>;

/** What a source records and supports, with the kernel settings behind it. */
export interface TableCapabilities {
  /** Number of entries, if the source knows it without counting. */
  count?: number;
  /** Maximum number of entries (sysctl `nf_conntrack_max`). */
  max?: number;
  /** Whether packets and bytes are counted (sysctl `net.netfilter.nf_conntrack_acct`). */
  accounting: boolean;
  /** Whether start times are recorded (sysctl `net.netfilter.nf_conntrack_timestamp`). */
  timestamps: boolean;
  /** Sysctl `net.netfilter.nf_conntrack_events`: 0 off, 1 on, 2 only for entries that are created while a program listens. */
  eventsMode?: number;
  /**
   * Whether packets in mid-stream create an entry (sysctl `net.netfilter.nf_conntrack_tcp_loose`): a deleted TCP connection that continues
   * to send then comes back.
   */
  tcpLoose?: boolean;
  /** Which nodes of a fleet the answer is about. Absent for the table of one host. */
  fleet?: FleetMeta;
  /** Whether the table can be changed. */
  writable: boolean;
  /** The state of the index, if the table has one. */
  index?: IndexState;
  /** What a user should know, one sentence for each: the table is empty because no rule uses conntrack, the table is nearly full. */
  notes: string[];
}

/**
 * How serious a finding is. `loss`: traffic is being lost, or will be with the next connection. `warn`: something failed before, or will fail.
 * `note`: something does not work, because it is configured so. `unknown`: the check could not be made.
 */
export type FindingStatus = 'ok' | 'note' | 'unknown' | 'warn' | 'loss';

/** The result of one check of `doctor`. */
export interface Finding {
  /** Name of the check, stable for programs: `accounting`, `fill`, `flush` … */
  check: string;
  /** The host of a fleet that the finding is about. */
  node?: string;
  status: FindingStatus;
  /** What the check found. */
  found: string;
  /** What follows from it; absent if all is well. */
  effect?: string;
  /** What to do about it: a command, if one is enough. */
  fix?: string;
  /** The numbers in `found`, by name, for programs. */
  numbers?: Record<string, number>;
  /** The groups of entries that the finding is about, largest first. */
  groups?: FindingGroup[];
}

/** Entries that a finding is about. */
export interface FindingGroup {
  /** What the entries have in common, by field, as in {@link TopItem.values}. */
  values: Record<string, string | number | boolean>;
  /** The filter that selects exactly these entries, as a query string. */
  filter: string;
  /** Number of entries when they were counted. */
  entries: number;
}

/** The report of `doctor`. */
export interface Diagnosis {
  /** Name of the source. */
  source: SourceInfo;
  /** The results of the checks, the most serious first: `loss`, `warn`, `note`, `unknown`, `ok`. */
  findings: Finding[];
  /** Which nodes of a fleet the answer is about. Absent for the table of one host. */
  fleet?: FleetMeta;
}

/** Refuses a change of a read-only source before anything else is done. @throws TableError READ_ONLY */
export function checkWritable({ name, writable }: SourceInfo): void {
  if (!writable) throw new TableError('READ_ONLY', `${name} is read-only. Load it as memory:FILE to try changes`);
}
