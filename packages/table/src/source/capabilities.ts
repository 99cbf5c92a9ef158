/** What a source records and can do, with the setting that holds it back. */
export interface Capabilities {
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
