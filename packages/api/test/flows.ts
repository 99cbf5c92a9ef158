import type { Flow } from '@conntrack/flow';

/** TCP flow number `n` from the inside, with source NAT. */
export const tcpFlow = (n: number, more: Partial<Flow> = {}): Flow => ({
  id: 1000 + n,
  family: 'ipv4',
  protocol: 'tcp',
  protonum: 6,
  original: {
    src: `10.0.${n >> 8}.${n & 255}`,
    dst: '198.51.100.7',
    sport: 40000,
    dport: 443,
    packets: n,
    bytes: n * 100,
  },
  reply: { src: '198.51.100.7', dst: '203.0.113.1', sport: 443, dport: 10000 + n, packets: n, bytes: n * 1000 },
  state: 'ESTABLISHED',
  status: ['SEEN_REPLY', 'ASSURED', 'CONFIRMED', 'SRC_NAT', 'SRC_NAT_DONE'],
  timeout: 600,
  mark: n & 1,
  use: 1,
  ...more,
});

export const udpFlow: Flow = {
  id: 77,
  family: 'ipv4',
  protocol: 'udp',
  protonum: 17,
  original: { src: '10.0.0.1', dst: '192.0.2.53', sport: 5353, dport: 53, packets: 1, bytes: 60 },
  reply: { src: '192.0.2.53', dst: '10.0.0.1', sport: 53, dport: 5353, packets: 0, bytes: 0 },
  status: ['CONFIRMED'],
  timeout: 30,
  mark: 0,
  use: 1,
};

export const icmpFlow: Flow = {
  id: 78,
  family: 'ipv6',
  protocol: 'icmpv6',
  protonum: 58,
  original: { src: '2001:db8::1', dst: '2001:db8::2', type: 128, code: 0, id: 7, packets: 1, bytes: 104 },
  reply: { src: '2001:db8::2', dst: '2001:db8::1', type: 129, code: 0, id: 7, packets: 1, bytes: 104 },
  status: ['SEEN_REPLY', 'CONFIRMED'],
  timeout: 30,
  mark: 0,
  use: 1,
};

/** Ten TCP flows, one UDP flow and one ICMPv6 flow. */
export const sample = (): Flow[] => [...Array.from({ length: 10 }, (_, n) => tcpFlow(n + 1)), udpFlow, icmpFlow];
