import { invertTuple, type NewFlow, type Tuple } from '@conntrack/flow';
import { Conntrack, type NewExpectation } from '@conntrack/netlink';
import type { NatLab } from './nat-lab.js';

// Entries of hosts that the lab does not have. Real traffic would need days (idle connections), several machines (the backends of a load
// balancer), or a ruleset for each of them (zones, helpers).

const TCP = 6;
const UDP = 17;
/** Five days: the kernel's default for established TCP connections. */
const ESTABLISHED = 432_000;
const UDP_STREAM = 120;

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

const entry = (protonum: number, original: Tuple, more: Partial<NewFlow>): NewFlow => ({
  family: 'ipv4',
  protonum,
  original,
  reply: invertTuple(original, protonum),
  timeout: protonum === TCP ? ESTABLISHED : UDP_STREAM,
  ...(protonum === TCP && { state: 'ESTABLISHED' as const }),
  status: ['SEEN_REPLY', 'ASSURED'],
  ...more,
});

/** The address and port of a load-balanced service. */
const SERVICE = '203.0.113.100';
const balanced = (protonum: number, client: number, port: number, backend: string, toPort: number): NewFlow =>
  entry(
    protonum,
    { src: `198.51.100.${client}`, dst: SERVICE, sport: 40_000 + client, dport: port },
    { nat: { dst: { address: backend, port: toPort } } },
  );

/** Connections of the service, spread over three backends. */
const backends = (): NewFlow[] =>
  numbers(12).map(i => balanced(TCP, 10 + i, 443, `192.168.1.2${i < 6 ? 1 : i < 10 ? 2 : 3}`, 8443));

/** Clients that still send to a backend that is gone: each datagram keeps the entry alive, and none is answered. */
const stale = (): NewFlow[] =>
  numbers(12).map(i => ({ ...balanced(UDP, 30 + i, 53, '192.168.1.29', 53), timeout: 600, status: [] }));

/** Connections that have been idle for days. */
const idle = (): NewFlow[] => [
  ...numbers(3).map(i =>
    entry(
      TCP,
      { src: '192.168.1.11', dst: '198.51.100.80', sport: 50_000 + i, dport: 5432 },
      { timeout: ESTABLISHED - 200_000 },
    ),
  ),
  entry(
    TCP,
    { src: '192.168.1.13', dst: '198.51.100.22', sport: 50_022, dport: 22 },
    { timeout: ESTABLISHED - 90_000 },
  ),
];

/** Half-open connections from many sources to one service: what a SYN flood with forged sources leaves. */
const flood = (): NewFlow[] =>
  numbers(15).map(i =>
    entry(
      TCP,
      { src: `198.51.100.${100 + i}`, dst: SERVICE, sport: 60_000 + i, dport: 443 },
      { state: 'SYN_SENT', status: [], timeout: 120 },
    ),
  );

/** A connection with a known public port, for look-ups. */
const translated = (): NewFlow =>
  entry(
    TCP,
    { src: '192.168.1.11', dst: '198.51.100.40', sport: 50_443, dport: 443 },
    { nat: { src: { address: '203.0.113.1', port: 40_123 } } },
  );

/** Two customers who use the same addresses. */
const overlapping = (): NewFlow[] =>
  [1, 2].map(zone => entry(TCP, { src: '10.0.0.5', dst: '10.0.0.9', sport: 51_000, dport: 443 }, { zone }));

const FTP: Tuple = { src: '192.168.1.10', dst: '198.51.100.21', sport: 50_021, dport: 21 };

/** The control connection of an FTP client, and the data connection that it has announced. */
const ftp = (): NewFlow => entry(TCP, FTP, { helper: 'ftp' });
const ftpData: NewExpectation = {
  family: 'ipv4',
  protonum: TCP,
  tuple: { src: FTP.src, dst: FTP.dst, sport: 0, dport: 2121 },
  mask: { src: '255.255.255.255', dst: '255.255.255.255', sport: 0, dport: 65_535 },
  master: { ...FTP, protonum: TCP },
  timeout: 300,
  helper: 'ftp',
};

/**
 * Creates the entries in the router's table, except for those that exist. An entry that cannot be created (a kernel without the FTP helper)
 * is left out: the demo works without it.
 */
export async function createDemoEntries(lab: NatLab): Promise<void> {
  const conntrack = Conntrack.open({ netns: lab.router.fd });
  try {
    for (const flow of [...backends(), ...stale(), ...idle(), ...flood(), translated(), ...overlapping(), ftp()])
      await conntrack.create(flow).catch(() => {});
    await conntrack.expectations.create(ftpData).catch(() => {});
  } finally {
    conntrack.close();
  }
}
