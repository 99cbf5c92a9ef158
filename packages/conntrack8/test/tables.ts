import type { NewFlow, StatusName } from '@conntrack/flow';
import { type Conntrack, NetlinkError, type NewExpectation } from '@conntrack/netlink';
import fc from 'fast-check';

const from = fc.constantFrom;
/** Few addresses and ports, so that a filter matches several entries. */
const HOSTS = {
  ipv4: ['10.0.0.1', '10.0.0.2', '10.0.1.7', '192.0.2.44', '198.51.100.9'],
  ipv6: ['2001:db8::1', '2001:db8::2', '2001:db8:0:1::7', 'fe80::1:0:0:1'],
} as const;
const PORTS = [10, 53, 80, 443, 8080, 40_000, 65_535];
const port = from(...PORTS);
const ports = fc.record({ sport: port, dport: port });
const NO_REPLY: readonly StatusName[] = [];
const status = from<readonly StatusName[]>(
  NO_REPLY,
  NO_REPLY,
  ['SEEN_REPLY'],
  ['SEEN_REPLY', 'ASSURED'],
  ['ASSURED'],
  ['FIXED_TIMEOUT'],
);
const TCP_STATES = [
  ...['NONE', 'SYN_SENT', 'SYN_RECV', 'ESTABLISHED', 'FIN_WAIT'],
  ...['CLOSE_WAIT', 'LAST_ACK', 'TIME_WAIT', 'CLOSE', 'SYN_SENT2'],
];
const SCTP_STATES = [
  ...['CLOSED', 'COOKIE_WAIT', 'COOKIE_ECHOED', 'ESTABLISHED'],
  ...['SHUTDOWN_SENT', 'SHUTDOWN_RECD', 'SHUTDOWN_ACK_SENT'],
];
const DCCP_STATES = ['REQUEST', 'RESPOND', 'PARTOPEN', 'OPEN', 'CLOSEREQ', 'CLOSING', 'TIMEWAIT'];
const key = from(0, 1, 0x10, 0xffff);

type Kind = readonly [protonum: number, parts: fc.Arbitrary<object>, more: fc.Arbitrary<Partial<NewFlow>>];
const nothing = fc.constant({});
const KINDS: Readonly<Record<'ipv4' | 'ipv6', readonly Kind[]>> = (() => {
  const both: readonly Kind[] = [
    [6, ports, fc.record({ state: from(...TCP_STATES) })],
    [6, ports, fc.record({ state: from(...TCP_STATES) })],
    [17, ports, nothing],
    [17, ports, nothing],
    [136, ports, nothing],
    [
      132,
      ports,
      fc.record({
        state: from(...SCTP_STATES),
        protoinfo: fc.record({ vtag: fc.record({ original: from(1, 77), reply: from(2, 4_000_000_000) }) }),
      }),
    ],
    [47, fc.record({ srckey: key, dstkey: key }), nothing],
    // A kernel without a tracker for DCCP ignores ports and state.
    [
      33,
      ports,
      fc.record({
        state: from(...DCCP_STATES),
        protoinfo: fc.record({ role: from('client', 'server'), handshakeSeq: from(0, 77) }),
      }),
    ],
    [50, nothing, nothing],
    [255, nothing, nothing],
  ];
  const echo = (type: number) => fc.record({ type: from(type), code: from(0), id: from(0, 77, 1226, 65_535) });
  return { ipv4: [...both, [1, echo(8), nothing]], ipv6: [...both, [58, echo(128), nothing]] };
})();

/** Entries that the kernel creates as requested; some with zones in one direction, labels and marks. */
const entry: fc.Arbitrary<NewFlow> = from('ipv4' as const, 'ipv4' as const, 'ipv6' as const).chain(family =>
  from(...KINDS[family]).chain(([protonum, parts, more]) =>
    fc
      .record({
        src: from(...HOSTS[family]),
        dst: from(...HOSTS[family]),
        parts,
        more,
        mark: from(0, 0, 1, 0x25, 255, 0xffffffff),
        timeout: fc.integer({ min: 5000, max: 400_000 }),
        status,
        zones: from('none', 'none', 'none', 'both', 'original', 'reply'),
        zone: from(5, 7, 65_535),
        labels: from<number[] | undefined>(undefined, undefined, [1], [0, 3, 127], [2]),
      })
      .map(({ src, dst, parts: rest, more: extra, zones, zone, labels, ...fields }): NewFlow => {
        const original = { src, dst, ...rest, ...(zones === 'original' && { zone }) };
        return {
          family,
          protonum,
          original,
          ...extra,
          ...fields,
          ...(zones === 'both' && { zone }),
          ...(zones === 'reply' && { reply: { ...inverse(original), zone } }),
          ...(labels !== undefined && { labels }),
        };
      }),
  ),
);

/** The reply direction of a tuple. */
function inverse({ src, dst, sport, dport, type, code, id, srckey, dstkey }: NewFlow['original']): NewFlow['original'] {
  return {
    src: dst,
    dst: src,
    ...(sport !== undefined && dport !== undefined && { sport: dport, dport: sport }),
    ...(type !== undefined && { type: type === 8 ? 0 : 129, code: code ?? 0, id: id ?? 0 }),
    ...(srckey !== undefined && dstkey !== undefined && { srckey: dstkey, dstkey: srckey }),
  };
}

const nat = (name: 'src' | 'dst', address: string, natPort?: number) => ({
  nat: { [name]: { address, ...(natPort !== undefined && { port: natPort }) } },
});
const established = { timeout: 9000, state: 'ESTABLISHED', status: ['SEEN_REPLY', 'ASSURED'] } as const;
const v4 = (sport: number) => ({ src: '10.0.0.1', dst: '203.0.113.7', sport, dport: 80 });
const v6 = (sport: number) => ({ src: '2001:db8::1', dst: '2001:db8::99', sport, dport: 80 });

/** A connection with a helper. */
const MASTER = { src: '10.0.0.1', dst: '10.0.0.2', sport: 1008, dport: 21 };

/**
 * Things that a random table may not have: NAT of either end, of address or port, a certain label, and a connection
 * with a helper.
 */
const SPECIAL: readonly NewFlow[] = [
  { family: 'ipv4', protonum: 6, original: v4(1001), ...established, ...nat('src', '198.51.100.1') },
  { family: 'ipv4', protonum: 6, original: v4(1002), ...established, labels: [3], ...nat('src', '198.51.100.1', 7777) },
  { family: 'ipv4', protonum: 6, original: v4(1003), ...established, ...nat('dst', '10.9.9.9') },
  { family: 'ipv4', protonum: 6, original: v4(1004), ...established, ...nat('dst', '10.9.9.9', 8080) },
  {
    family: 'ipv4',
    protonum: 17,
    original: v4(1005),
    timeout: 8000,
    mark: 3,
    nat: { src: { address: '198.51.100.2', port: 5353 }, dst: { address: '10.9.9.10', port: 53 } },
  },
  { family: 'ipv4', protonum: 6, original: v4(1009), ...established, ...nat('src', '10.0.0.1', 4009) },
  { family: 'ipv4', protonum: 6, original: v4(1010), ...established, ...nat('dst', '203.0.113.7', 8080) },
  { family: 'ipv6', protonum: 6, original: v6(1006), ...established, ...nat('src', '2001:db8::5') },
  { family: 'ipv6', protonum: 17, original: v6(1007), timeout: 8000, ...nat('dst', '2001:db8::8', 99) },
  { family: 'ipv4', protonum: 6, original: MASTER, ...established, helper: 'ftp' },
];

/** What the FTP helper of `MASTER` would expect. */
const expected = (dport: number, from: string): NewExpectation => ({
  family: 'ipv4',
  protonum: 6,
  master: MASTER,
  tuple: { src: from, dst: MASTER.dst, sport: 0, dport },
  mask: { src: from === '0.0.0.0' ? from : '255.255.255.255', dst: '255.255.255.255', sport: 0, dport: 65535 },
  timeout: 290,
  class: 0,
  helper: 'ftp',
});
const EXPECTED = [expected(25_700, MASTER.src), expected(25_701, '0.0.0.0')];

/** A random table; the same seed makes the same table. */
export const randomTable = (seed: number, size: number): NewFlow[] => [
  ...SPECIAL,
  ...fc.sample(entry, { seed, numRuns: size }),
];

/**
 * Creates the entries. Skips duplicates and what this kernel does not support (a helper). Returns the created entries.
 */
export async function fill(conntrack: Conntrack, flows: readonly NewFlow[]): Promise<NewFlow[]> {
  const made: NewFlow[] = [];
  for (const flow of flows)
    try {
      await conntrack.create(flow, { drops: 'allow' });
      made.push(flow);
    } catch (error) {
      if (!(error instanceof NetlinkError)) throw error;
      if (error.code !== 'EEXIST' && flow.helper === undefined) throw error;
    }
  if (made.some(({ helper }) => helper !== undefined))
    for (const expectation of EXPECTED) await conntrack.expectations.create(expectation);
  return made;
}
