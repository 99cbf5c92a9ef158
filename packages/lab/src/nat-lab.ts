import { existsSync } from 'node:fs';
import type { Family } from '@conntrack/flow';
import { Namespace } from './namespace.js';
import { blackHoleTable, natTable, trackingTable } from './ruleset.js';
import { ADDRESSES, BLACK_HOLE, type HostAddresses, type LabAddresses, LINKS, PREFIX_LENGTH } from './topology.js';
import { Traffic } from './traffic/traffic.js';
import { linksUsable } from './wire/link-state.js';
import type { Step } from './wire/message.js';
import { addAddress, addDefaultRoute, createVeth, LOOPBACK, linkUp } from './wire/rtnetlink.js';

/** Options of the lab. */
export interface NatLabOptions {
  /** Whether the lab has IPv6. Default: whether this host has it. */
  ipv6?: boolean;
  /** Whether the router masquerades (source NAT). Default: IPv4 only, as in most networks. */
  masquerade?: Partial<Record<Family, boolean>>;
  /** The port of the router's outer addresses that is forwarded to a port of the client. Default: 8080 to 80. */
  forward?: { port: number; toPort: number };
  /** Whether the router records counters (`nf_conntrack_acct`) and start times (`nf_conntrack_timestamp`). Default: both. */
  accounting?: boolean;
  timestamps?: boolean;
  /** Marks by destination port, set by a rule of the router. */
  marks?: Readonly<Record<number, number>>;
  /** Whether connection labels can be set on the router. Default: true. */
  labels?: boolean;
  /** More sysctls of the router: `{ 'netfilter.nf_conntrack_tcp_loose': 0 }`. */
  sysctls?: Readonly<Record<string, string | number>>;
}

/** A client behind a NAT router, and a server beyond it. `lab.router.fd` gives access to the router's table. */
export interface NatLab extends AsyncDisposable {
  /** The namespace of the client. */
  readonly client: Namespace;
  /** The namespace of the router, whose table has the entries. */
  readonly router: Namespace;
  /** The namespace of the server. */
  readonly server: Namespace;
  /** The addresses of the hosts. */
  readonly addresses: LabAddresses;
  /** The address families of the lab. */
  readonly families: readonly Family[];
  /** Makes traffic between client and server. */
  readonly traffic: Traffic;
  /** Aborted once the lab begins to close. */
  readonly signal: AbortSignal;
  /** Ends all traffic and closes the namespaces. Can be called twice. */
  close(): Promise<void>;
}

const WITHOUT_DELAY = ['all', 'default'].flatMap(scope => [
  `ipv6.conf.${scope}.disable_ipv6=0`,
  // Link-local addresses are usable at once too: neighbours are solicited from them.
  `ipv6.conf.${scope}.accept_dad=0`,
  `ipv6.conf.${scope}.router_solicitations=0`,
]);

function apply(namespace: Namespace, settings: readonly string[]): void {
  for (const setting of settings) {
    const [name, value] = setting.split('=') as [string, string];
    namespace.sysctl(name, value);
  }
}

const addresses = (index: number, hosts: readonly HostAddresses[], families: readonly Family[]): Step[] =>
  hosts.flatMap(host => families.map(family => addAddress(index, family, host[family], PREFIX_LENGTH[family])));

const routes = (index: number, gateway: HostAddresses, families: readonly Family[]): Step[] =>
  families.map(family => addDefaultRoute(index, family, gateway[family]));

async function wire(lab: Record<'client' | 'router' | 'server', Namespace>, families: readonly Family[]) {
  const { client, router, server } = lab;
  const { inside, outside } = ADDRESSES.router;
  await router.configure([
    createVeth(LINKS.inside, LINKS.client, client.fd),
    createVeth(LINKS.outside, LINKS.server, server.fd),
    ...[LOOPBACK, LINKS.inside.index, LINKS.outside.index].map(linkUp),
    ...addresses(LINKS.inside.index, [inside], families),
    ...addresses(LINKS.outside.index, [outside], families),
  ]);
  const ends = [
    [client, LINKS.client.index, ADDRESSES.clients, inside],
    [server, LINKS.server.index, ADDRESSES.servers, outside],
  ] as const;
  for (const [namespace, index, hosts, gateway] of ends)
    await namespace.configure([
      linkUp(LOOPBACK),
      linkUp(index),
      ...addresses(index, hosts, families),
      ...routes(index, gateway, families),
    ]);
  await linksUsable(router.fd, [LINKS.inside.index, LINKS.outside.index]);
  for (const [namespace, index] of ends) await linksUsable(namespace.fd, [index]);
}

/**
 * Builds the lab: three network namespaces in a row, with NAT in the middle, where everything is tracked. Needs root or a user namespace
 * (`unshare -Ur`), and no other program.
 *
 * @example
 * ```ts
 * import { createNatLab } from '@conntrack/lab';
 *
 * await using lab = await createNatLab();
 * const connection = await lab.traffic.tcpEstablished({ port: 443 });
 * console.log(connection.original, connection.reply);
 * ```
 *
 * @throws LabError, which names the step that failed; see `labAvailable`
 */
export async function createNatLab(options: NatLabOptions = {}): Promise<NatLab> {
  const families: Family[] = (options.ipv6 ?? existsSync('/proc/net/if_inet6')) ? ['ipv4', 'ipv6'] : ['ipv4'];
  const masquerade = { ipv4: true, ipv6: false, ...options.masquerade };
  const forward = options.forward ?? { port: 8080, toPort: 80 };
  const made: Namespace[] = [];
  const create = () => {
    const namespace = Namespace.create();
    made.push(namespace);
    if (families.includes('ipv6')) apply(namespace, WITHOUT_DELAY);
    return namespace;
  };
  try {
    const lab = { client: create(), router: create(), server: create() };
    // Echo requests are sent from ping sockets (icmp(7)), which must be allowed for a group.
    const group = process.getegid!();
    lab.client.sysctl('ipv4.ping_group_range', `${group} ${group}`);
    lab.router.sysctl('ipv4.ip_forward', 1);
    if (families.includes('ipv6')) lab.router.sysctl('ipv6.conf.all.forwarding', 1);
    await wire(lab, families);
    await lab.server.addTables([blackHoleTable(BLACK_HOLE)]);
    await lab.router.addTables([
      trackingTable({ labels: options.labels ?? true, ...(options.marks && { marks: options.marks }) }),
      ...families.map(family =>
        natTable(family, LINKS.outside.name, masquerade[family], [
          { port: forward.port, to: ADDRESSES.client[family], toPort: forward.toPort },
        ]),
      ),
    ]);
    lab.router.sysctl('netfilter.nf_conntrack_acct', Number(options.accounting ?? true));
    lab.router.sysctl('netfilter.nf_conntrack_timestamp', Number(options.timestamps ?? true));
    for (const [name, value] of Object.entries(options.sysctls ?? {})) lab.router.sysctl(name, value);
    const traffic = new Traffic({ ...lab, families, masquerade, forward });
    const closing = new AbortController();
    const close = async () => {
      closing.abort();
      await traffic.close();
      for (const namespace of made) namespace.close();
    };
    return {
      ...lab,
      addresses: ADDRESSES,
      families,
      traffic,
      signal: closing.signal,
      close,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    for (const namespace of made) namespace.close();
    throw error;
  }
}
