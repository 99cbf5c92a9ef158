import { protocolOf } from '@conntrack/flow';
import type { Finding } from '@conntrack/flow/table';
import type { KernelFault } from '@conntrack/netlink';
import type { TableFacts } from '../source/facts.js';

type Check = (facts: TableFacts) => Omit<Finding, 'check'>;

/** From this share of `nf_conntrack_max` on, a burst of connections can fill the table. */
const FILLING = 0.8;
/** From this number of entries per bucket on, look-ups get slow. The kernel's default is one. */
const CROWDED = 2;
/**
 * Bytes of a socket's buffer that an unread event takes up, and the number of events that a listener should have room for (see
 * TableEventOptions.buffer).
 */
const BYTES_PER_EVENT = 1280;
const EVENTS = 50_000;
const ROOM = EVENTS * BYTES_PER_EVENT;

/** Commands that make the kernel track connections if no rule requires it yet. */
export const TRACKING_RULES: readonly string[] = [
  'nft add table inet track',
  "nft add chain inet track prerouting '{ type filter hook prerouting priority 0; }'",
  'nft add rule inet track prerouting ct state new accept',
];

const percent = (share: number): string => `${Math.round(share * 1000) / 10} %`;
const sysctl = (name: string, value: number): string => `sysctl -w net.netfilter.${name}=${value}`;
const unknown = (what: string): Omit<Finding, 'check'> => ({
  status: 'unknown',
  found: `${what} cannot be read`,
  effect: 'the effect is unknown',
  fix: 'run this program where /proc/sys is mounted',
});

/** The fix for a feature that an old kernel lacks. */
const NEWER = 'a newer kernel may fix this. Run this check again after an update';
/** The fix for what could not be tried. */
const PRIVILEGE = 'run this program with CAP_SYS_ADMIN, or in a user namespace (unshare -Ur)';
const notChecked = (found: string, effect: string): Omit<Finding, 'check'> => ({
  status: 'unknown',
  found,
  effect,
  fix: PRIVILEGE,
});

const recorded =
  (read: (facts: TableFacts) => number | undefined, name: string, effect: string): Check =>
  facts => {
    const value = read(facts);
    // Other settings can be read, so this one does not exist.
    if (value === undefined && facts.buckets !== undefined)
      return { status: 'note', found: `this kernel was built without ${name}`, effect, fix: NEWER };
    if (value === undefined) return unknown(`net.netfilter.${name}`);
    return value === 0
      ? { status: 'note', found: `${name} is 0`, effect, fix: `${sysctl(name, 1)} (applies to new connections)` }
      : { status: 'ok', found: `${name} is ${value}` };
  };

const counted =
  (name: 'drop' | 'earlyDrop' | 'insertFailed' | 'chainTooLong', what: string, effect: string, fix: string): Check =>
  ({ counters }) => {
    const value = counters[name];
    if (value === undefined)
      return {
        status: 'unknown',
        found: `this kernel does not count ${what}`,
        effect: 'this would not be noticed',
        fix: 'a newer kernel counts this. Until then, watch nf_conntrack_count',
      };
    return value === 0
      ? { status: 'ok', found: `no ${what}` }
      : { status: 'warn', found: `${value} ${what} since boot`, effect, fix };
  };

const supported =
  (read: (facts: TableFacts) => ReadonlySet<string>, all: readonly string[], verb: string, effect: string): Check =>
  facts => {
    if (!facts.proven)
      return notChecked(
        `what this kernel can ${verb} by is unknown: no network namespace could be created to test it`,
        effect,
      );
    const missing = all.filter(name => !read(facts).has(name));
    return missing.length === 0
      ? { status: 'ok', found: `this kernel can ${verb} by ${all.join(', ')}` }
      : { status: 'note', found: `this kernel does not ${verb} by ${missing.join(', ')}`, effect, fix: NEWER };
  };

const FAULTS: Readonly<Record<KernelFault, string>> = {
  'ipv6-address-inverted': 'matches every IPv6 address except the given one',
  'port-ignored': 'ignores ports in filters of protocols other than TCP and UDP',
};

const CHECKS: Readonly<Record<string, Check>> = {
  tracking: ({ count }) =>
    count > 0
      ? { status: 'ok', found: `${count} connections are tracked` }
      : {
          status: 'note',
          found: 'the table is empty',
          effect: 'the kernel tracks connections only if a firewall rule requires it',
          fix: TRACKING_RULES.join('; '),
        },
  fill: ({ count, max }) => {
    if (max === undefined) return unknown('nf_conntrack_max');
    if (max === 0) return { status: 'ok', found: `${count} entries, without a limit` };
    const found = `${count} of ${max} entries (${percent(count / max)})`;
    return count < max * FILLING
      ? { status: 'ok', found }
      : {
          status: 'warn',
          found,
          effect: 'a full table drops the packets of every new connection',
          fix: `${sysctl('nf_conntrack_max', max * 2)} (in the first network namespace)`,
        };
  },
  buckets: ({ count, buckets }) => {
    if (buckets === undefined || buckets === 0) return unknown('nf_conntrack_buckets');
    const load = count / buckets;
    const found = `${buckets} buckets, ${Math.round(load * 100) / 100} entries of this namespace to each`;
    return load <= CROWDED
      ? { status: 'ok', found }
      : {
          status: 'warn',
          found,
          effect: 'each packet must search a long chain of entries',
          fix: `${sysctl('nf_conntrack_buckets', buckets * 4)} (in the first network namespace)`,
        };
  },
  drops: counted(
    'drop',
    'packets dropped because the table was full',
    'new connections were refused',
    'raise net.netfilter.nf_conntrack_max',
  ),
  evictions: counted(
    'earlyDrop',
    'entries evicted to make room',
    'unanswered connections lost their entries because the table was full',
    'raise net.netfilter.nf_conntrack_max',
  ),
  chains: counted(
    'chainTooLong',
    'packets dropped because their hash chain was too long',
    'new connections were refused at random',
    'raise net.netfilter.nf_conntrack_buckets',
  ),
  clashes: counted(
    'insertFailed',
    'entries that could not be inserted',
    'packets were dropped because another connection already had the tuple; source NAT with few ports can cause this',
    'give source NAT more addresses or ports (masquerade with fully-random), or find the program that sends twice from one port',
  ),
  accounting: recorded(
    ({ accounting }) => accounting,
    'nf_conntrack_acct',
    'packets and bytes are absent, and filters on them are refused',
  ),
  timestamps: recorded(
    ({ timestamps }) => timestamps,
    'nf_conntrack_timestamp',
    'start times are absent, and filters on age are refused',
  ),
  events: ({ eventsMode }) => {
    if (eventsMode === undefined) return unknown('net.netfilter.nf_conntrack_events');
    if (eventsMode === 1) return { status: 'ok', found: 'every connection sends events' };
    return {
      status: 'note',
      found: `nf_conntrack_events is ${eventsMode}`,
      effect:
        eventsMode === 0
          ? 'no program receives events'
          : 'connections that are older than the first listener send no events',
      fix: `${sysctl('nf_conntrack_events', 1)} (applies to new connections)`,
    };
  },
  receiveBuffer: ({ rmemMax }) => {
    if (rmemMax === undefined) return unknown('net.core.rmem_max');
    const found = `net.core.rmem_max is ${rmemMax}: ${Math.floor(rmemMax / BYTES_PER_EVENT)} unread events`;
    return rmemMax * 2 >= ROOM
      ? { status: 'ok', found }
      : {
          status: 'note',
          found,
          effect:
            'a listener without CAP_NET_ADMIN on the host (for example in a container) cannot exceed it, and loses events in a burst',
          fix: `sysctl -w net.core.rmem_max=${ROOM / 2}`,
        };
  },
  tcpLoose: ({ tcpLoose }) => {
    if (tcpLoose === undefined) return unknown('net.netfilter.nf_conntrack_tcp_loose');
    return tcpLoose === 0
      ? { status: 'ok', found: 'a TCP connection in mid-stream is not picked up' }
      : {
          status: 'note',
          found: 'nf_conntrack_tcp_loose is 1',
          effect: 'a deleted TCP connection that continues to send gets a new entry',
          fix: `${sysctl('nf_conntrack_tcp_loose', 0)}, or drop its packets with a firewall rule first`,
        };
  },
  labels: ({ looked }) =>
    looked.labelled > 0
      ? { status: 'ok', found: `${looked.labelled} of ${looked.rows} connections have labels` }
      : {
          status: 'note',
          found: `none of ${looked.rows} connections has a label`,
          effect: 'labels can be set only while a firewall rule uses labels',
          fix: 'add a rule that sets or matches ct label',
        },
  zones: ({ looked, dump, proven }) => ({
    status: !proven || dump.has('zone') ? 'ok' : 'note',
    found: `${looked.zoned} of ${looked.rows} connections are in a zone`,
    ...(proven &&
      !dump.has('zone') && {
        effect: 'a list of one zone reads the whole table: this kernel cannot filter by zone',
        fix: NEWER,
      }),
  }),
  dumpFilter: supported(
    ({ dump }) => dump,
    ['tuple', 'family', 'mark', 'status', 'zone'],
    'filter dumps',
    'such lists read the whole table; the result is the same',
  ),
  faults: ({ proven, faults }) => {
    if (!proven)
      return notChecked(
        "the faults of this kernel's filters are unknown: they were not tested",
        'none here: affected filters are never sent',
      );
    if (faults.size === 0)
      return { status: 'ok', found: "this kernel's filters compare IPv6 addresses and all ports correctly" };
    return {
      status: 'note',
      found: `this kernel ${[...faults].map(fault => FAULTS[fault]).join(', and ')}`,
      effect: 'none here: such filters are never sent. Other programs that send them list or flush the wrong entries',
      fix: NEWER,
    };
  },
  flush: supported(
    ({ flush }) => flush,
    ['family', 'zone', 'mark', 'status'],
    'flush',
    'such a flush is refused, because the kernel could empty the table. Use a delete by filter instead',
  ),
  nat: ({ nat }) => {
    if (nat === undefined) return unknown('whether the kernel has the module nf_nat');
    return nat
      ? { status: 'ok', found: 'entries can be created with address translation' }
      : {
          status: 'note',
          found: 'the module nf_nat is not loaded',
          effect: 'an entry with address translation can be created only if the kernel can load modules automatically',
          fix: 'modprobe nf_nat',
        };
  },
  protocols: ({ proven, protocols }) => {
    if (!proven)
      return notChecked(
        'the protocols that this kernel tracks are unknown: they were not tested',
        'entries of a protocol without a tracker have only addresses',
      );
    const missing = [6, 17, 1, 58, 132, 47].filter(number => !protocols.has(number));
    const names = (numbers: readonly number[]): string => numbers.map(number => protocolOf(number).name).join(', ');
    return missing.length === 0
      ? { status: 'ok', found: `trackers for ${names([...protocols])}` }
      : {
          status: 'note',
          found: `no tracker for ${names(missing)}`,
          effect: 'their entries have only addresses, and cannot be created manually',
          fix: 'load the module nf_conntrack_proto_…, or use a kernel that has it',
        };
  },
};

/** The names of all checks, in the order of the report. */
export const DOCTOR_CHECKS: readonly string[] = Object.keys(CHECKS);

/** Returns what the facts mean. */
export const diagnose = (facts: TableFacts): Finding[] =>
  Object.entries(CHECKS).map(([check, look]) => ({ check, ...look(facts) }));
