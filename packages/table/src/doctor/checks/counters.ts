import type { Check } from '../check.js';

/** A counter of the tracker that stays 0 if all is well. */
interface Counter {
  readonly counter: 'drop' | 'earlyDrop' | 'insertFailed' | 'chainTooLong' | 'invalid';
  readonly what: string;
  readonly effect: string;
  readonly fix: string;
  /** Whether the counter also grows without a fault. Only its movement is then a finding, and never a loss. */
  readonly usual?: true;
}

const COUNTERS: Readonly<Record<string, Counter>> = {
  drops: {
    counter: 'drop',
    what: 'packets dropped because the table was full',
    effect: 'new connections are refused',
    fix: 'raise net.netfilter.nf_conntrack_max, or find out who fills the table: ctctl top --by src',
  },
  evictions: {
    counter: 'earlyDrop',
    what: 'entries evicted to make room',
    effect: 'connections lose their entries because the table is full',
    fix: 'raise net.netfilter.nf_conntrack_max, or find out who fills the table: ctctl top --by src',
  },
  chains: {
    counter: 'chainTooLong',
    what: 'packets dropped because their hash chain was too long',
    effect: 'new connections are refused at random',
    fix: 'raise net.netfilter.nf_conntrack_buckets',
  },
  clashes: {
    counter: 'insertFailed',
    what: 'entries that could not be inserted',
    effect:
      'packets are dropped because another connection already has the tuple. Two DNS queries at once from one socket can cause this (they then wait 5 seconds), and source NAT with few ports',
    fix: 'for DNS, use a local resolver, or the resolver option single-request-reopen. For source NAT, add addresses or ports (masquerade with fully-random)',
  },
  invalid: {
    counter: 'invalid',
    what: 'packets that could not be tracked',
    effect: 'a firewall rule that drops ct state invalid drops these packets',
    fix: 'see the reasons in the kernel log: sysctl -w net.netfilter.nf_conntrack_log_invalid=255. Asymmetric routing needs nf_conntrack_tcp_be_liberal=1',
    usual: true,
  },
};

const checkOf =
  ({ counter, what, effect, fix, usual }: Counter): Check =>
  ({ facts: { counters }, movement }) => {
    const value = counters[counter];
    if (value === undefined)
      return {
        status: 'unknown',
        found: `this kernel does not count ${what}`,
        effect: 'this would not be noticed',
        fix: 'a newer kernel counts this. Until then, watch nf_conntrack_count',
      };
    if (value === 0) return { status: 'ok', found: `no ${what}`, numbers: { [counter]: 0 } };
    const moved = movement?.counters[counter];
    const since = moved === undefined ? 'since boot' : `since boot, ${moved} in the last ${movement!.seconds} s`;
    return {
      status: moved ? (usual ? 'warn' : 'loss') : usual ? 'ok' : 'warn',
      found: `${value} ${what} ${since}`,
      ...((moved || !usual) && { effect, fix }),
      numbers: { [counter]: value, ...(moved !== undefined && { moved }) },
    };
  };

/** What the kernel's counters say about lost traffic. */
export const COUNTER_CHECKS: Readonly<Record<string, Check>> = Object.fromEntries(
  Object.entries(COUNTERS).map(([name, counter]) => [name, checkOf(counter)]),
);
