import type { Flow } from '@conntrack/flow';

/** A TCP connection with NAT of its source: from an inside host to a server, as 198.51.100.1:61234. */
export const SNAT: Flow = {
  id: 0xfedcba98,
  family: 'ipv4',
  protocol: 'tcp',
  protonum: 6,
  state: 'TIME_WAIT',
  timeout: 5,
  mark: 0x80000007,
  zone: 5,
  start: '2026-11-30T14:00:00.123456Z',
  stop: '2026-11-30T14:03:00.999Z',
  original: { src: '192.168.1.10', dst: '203.0.113.10', sport: 40_000, dport: 443, packets: 10, bytes: 5_000_000_000 },
  reply: { src: '203.0.113.10', dst: '198.51.100.1', sport: 443, dport: 61_234, packets: 20, bytes: 2 ** 53 - 1 },
};

/** A connection from outside to a forwarded port: NAT of its destination. */
export const DNAT: Flow = {
  family: 'ipv4',
  protocol: 'tcp',
  protonum: 6,
  start: '2026-11-30T14:01:00.500Z',
  stop: '2026-11-30T14:02:00.500Z',
  original: { src: '203.0.113.77', dst: '198.51.100.1', sport: 50_000, dport: 8080, packets: 3, bytes: 180 },
  reply: { src: '192.168.1.10', dst: '203.0.113.77', sport: 80, dport: 50_000, packets: 2, bytes: 120 },
};

/** IPv6 without NAT, and without counters and times. */
export const PLAIN6: Flow = {
  family: 'ipv6',
  protocol: 'udp',
  protonum: 17,
  original: { src: '2001:db8::1', dst: '2001:db8:ffff::2', sport: 1000, dport: 53 },
  reply: { src: '2001:db8:ffff::2', dst: '2001:db8::1', sport: 53, dport: 1000 },
};

/** IPv6 with NAT of the source. */
export const SNAT6: Flow = {
  ...PLAIN6,
  start: '2026-11-30T14:00:00Z',
  stop: '2026-11-30T14:00:30Z',
  original: { ...PLAIN6.original, packets: 1, bytes: 100 },
  reply: { ...PLAIN6.reply, dst: '2001:db8:aaaa::9', dport: 2000, packets: 1, bytes: 300 },
};

/** An ICMP query whose identifier is translated. */
export const ECHO: Flow = {
  family: 'ipv4',
  protocol: 'icmp',
  protonum: 1,
  start: '2026-11-30T14:00:01Z',
  stop: '2026-11-30T14:00:31Z',
  original: { src: '192.168.1.10', dst: '203.0.113.10', type: 8, code: 0, id: 99, packets: 4, bytes: 336 },
  reply: { src: '203.0.113.10', dst: '198.51.100.1', type: 0, code: 0, id: 5099, packets: 4, bytes: 336 },
};

/** ICMPv6. */
export const ECHO6: Flow = {
  family: 'ipv6',
  protocol: 'icmpv6',
  protonum: 58,
  stop: '2026-11-30T14:00:31Z',
  original: { src: '2001:db8::1', dst: '2001:db8::2', type: 128, code: 0, id: 7 },
  reply: { src: '2001:db8::2', dst: '2001:db8::1', type: 129, code: 0, id: 7 },
};
