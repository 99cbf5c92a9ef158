import { protocolOf } from '@conntrack/flow';
import type { KernelFault } from '@conntrack/netlink';
import type { TableFacts } from '../../source/facts.js';
import { type Check, NEWER, notChecked, unknown } from '../check.js';

const supported =
  (read: (facts: TableFacts) => ReadonlySet<string>, all: readonly string[], verb: string, effect: string): Check =>
  ({ facts }) => {
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

/** What the kernel supports. */
export const KERNEL_CHECKS: Readonly<Record<string, Check>> = {
  labels: ({ survey }) =>
    survey.labelled > 0
      ? { status: 'ok', found: `${survey.labelled} of ${survey.rows} connections have labels` }
      : {
          status: 'ok',
          found: `none of ${survey.rows} connections has a label: labels can be set only while a firewall rule uses labels`,
        },
  zones: ({ facts: { dump, proven }, survey }) => ({
    status: !proven || dump.has('zone') ? 'ok' : 'note',
    found: `${survey.zoned} of ${survey.rows} connections are in a zone`,
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
  faults: ({ facts: { proven, faults } }) => {
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
  nat: ({ facts: { nat } }) => {
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
  protocols: ({ facts: { proven, protocols } }) => {
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
