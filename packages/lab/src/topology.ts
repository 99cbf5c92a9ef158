import type { Family } from '@conntrack/flow';

/** A host's address in each family. */
export type HostAddresses = Readonly<Record<Family, string>>;

/** The addresses of the lab, from private and documentation ranges (RFC 1918, 5737, 3849). */
export interface LabAddresses {
  /** The client's first address, the default source of traffic. */
  client: HostAddresses;
  /** All addresses of the client, as if several hosts were behind the router. */
  clients: readonly HostAddresses[];
  router: { inside: HostAddresses; outside: HostAddresses };
  /** The server's first address, the default destination of traffic. */
  server: HostAddresses;
  /** All addresses of the server. */
  servers: readonly HostAddresses[];
}

const hosts = (ipv4: string, ipv6: string, numbers: readonly number[]): readonly HostAddresses[] =>
  numbers.map(number => ({ ipv4: `${ipv4}.${number}`, ipv6: `${ipv6}::${number}` }));

const clients = hosts('192.168.1', '2001:db8:1', [10, 11, 12, 13]);
const servers = hosts('203.0.113', '2001:db8:2', [10, 53, 80]);

/** The lab's addresses; its networks are /24 and /64. */
export const ADDRESSES: LabAddresses = {
  client: clients[0]!,
  clients,
  router: {
    inside: { ipv4: '192.168.1.1', ipv6: '2001:db8:1::1' },
    outside: { ipv4: '203.0.113.1', ipv6: '2001:db8:2::1' },
  },
  server: servers[0]!,
  servers,
};

/** Prefix lengths of the lab's networks. */
export const PREFIX_LENGTH: Readonly<Record<Family, number>> = { ipv4: 24, ipv6: 64 };

/** Names and indices of interfaces. */
export const LINKS = {
  client: { name: 'eth0', index: 2 },
  inside: { name: 'lan', index: 2 },
  outside: { name: 'wan', index: 3 },
  server: { name: 'eth0', index: 2 },
} as const;

/** TCP port on which the server never answers (discard, RFC 863). */
export const BLACK_HOLE = 9;
