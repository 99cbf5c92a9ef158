import { TableError } from './errors.js';

/** Where a table's entries come from. */
export type SourceKind = 'kernel' | 'memory' | 'capture';

/** What a table says of its source. */
export interface SourceInfo {
  readonly kind: SourceKind;
  /** `kernel`, `memory:sample.txt`, `file:capture.txt`, `procfs`. */
  readonly name: string;
  readonly writable: boolean;
}

/** What a source records and can do, with the setting that holds it back. */
export interface TableCapabilities {
  /** Entries now, where the source can tell without counting. */
  count?: number;
  /** The most entries it can hold (`nf_conntrack_max`). */
  max?: number;
  /** Packets and bytes are counted (`net.netfilter.nf_conntrack_acct`). */
  accounting: boolean;
  /** Start times are recorded (`net.netfilter.nf_conntrack_timestamp`). */
  timestamps: boolean;
  /** `net.netfilter.nf_conntrack_events`: 0 off, 1 on, 2 only for entries made while somebody listens. */
  eventsMode?: number;
  /** Packets in mid-stream make an entry (`net.netfilter.nf_conntrack_tcp_loose`): a deleted TCP connection that goes on sending comes back. */
  tcpLoose?: boolean;
  /** Whether a change works, and why not. */
  writable: boolean;
  /** Things a user should know: an empty table that no rule fills, a table nearly full. */
  notes: string[];
}

/** One thing that was looked at. */
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
  fix?: string;
}

/** What `doctor` reports. */
export interface Diagnosis {
  source: SourceInfo;
  findings: Finding[];
}

/** Refuses a change of a source that is read-only, before anything else is done. @throws TableError READ_ONLY */
export function checkWritable({ name, writable }: SourceInfo): void {
  if (!writable) throw new TableError('READ_ONLY', `${name} is read-only. Load it as memory:FILE to try changes`);
}
