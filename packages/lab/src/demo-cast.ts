import type { Family } from '@conntrack/flow';
import type { NatLab, NatLabOptions } from './nat-lab.js';
import type { TrafficHandle } from './traffic/handle.js';
import type { PortOptions } from './traffic/traffic.js';

const HTTP = 80;
const HTTPS = 443;
const DNS = 53;
const SYSLOG = 514;
const SSH = 22;
const IMAPS = 993;
const MQTTS = 8883;

/** Marks that the demo's router sets, so that there are some to filter by. */
export const DEMO_LAB: NatLabOptions = { marks: { [HTTPS]: 0x10, [SSH]: 0x20, [DNS]: 0x30 } };

/** A long-lived conversation: opened once (and again if it breaks), then one message every few seconds. */
export interface Regular {
  every: number;
  open(lab: NatLab): Promise<TrafficHandle & { say(): Promise<void> }>;
}

/** What ends with `close()`. */
export type Closable = Pick<TrafficHandle, 'close'>;

/** Short-lived traffic: it stays for some seconds (default: 0) and pauses for some seconds; `first` of them run at the start. `turn` counts up. */
export interface Visitor {
  away: number;
  stays?: number;
  first: number;
  visit(lab: NatLab, turn: number): Promise<Closable>;
}

/** Every third turn uses IPv6, if the lab has it. */
const familyOf = (lab: NatLab, turn: number): Family =>
  turn % 3 === 2 && lab.families.includes('ipv6') ? 'ipv6' : 'ipv4';

/** Returns the addresses of one of the clients and one of the servers. */
const ends = (lab: NatLab, family: Family, client: number, server: number): PortOptions => {
  const { clients, servers } = lab.addresses;
  return { family, from: clients[client % clients.length]![family], to: servers[server % servers.length]![family] };
};

const connection = (family: Family, client: number, server: number, port: number, every: number): Regular => ({
  every,
  async open(lab) {
    const open = await lab.traffic.tcpEstablished({ ...ends(lab, family, client, server), port });
    return Object.assign(open, { say: () => open.exchange({ up: 120, down: 900 }) });
  },
});

const forwarded = (family: Family, every: number): Regular => ({
  every,
  async open(lab) {
    const open = await lab.traffic.tcpForwarded({ family });
    return Object.assign(open, { say: () => open.exchange({ up: 90, down: 2_400 }) });
  },
});

const datagrams = (family: Family, client: number, every: number): Regular => ({
  every,
  async open(lab) {
    const open = await lab.traffic.udpExchange({ ...ends(lab, family, client, 0), port: HTTPS });
    return Object.assign(open, { say: () => open.send(200) });
  },
});

const echo = (family: Family, client: number, every: number): Regular => ({
  every,
  async open(lab) {
    const open = await lab.traffic.icmpEcho(ends(lab, family, client, 0));
    return Object.assign(open, { say: () => open.send() });
  },
});

/** The long-lived conversations. */
export const REGULARS: Readonly<Record<Family, readonly Regular[]>> = {
  ipv4: [
    connection('ipv4', 0, 0, HTTPS, 4),
    connection('ipv4', 1, 0, HTTPS, 7),
    connection('ipv4', 2, 2, HTTPS, 9),
    connection('ipv4', 0, 2, SSH, 3),
    connection('ipv4', 3, 0, MQTTS, 11),
    forwarded('ipv4', 5),
    datagrams('ipv4', 1, 2),
    echo('ipv4', 0, 2),
  ],
  ipv6: [
    connection('ipv6', 0, 0, HTTPS, 5),
    connection('ipv6', 1, 2, HTTPS, 8),
    connection('ipv6', 2, 0, IMAPS, 10),
    forwarded('ipv6', 13),
    datagrams('ipv6', 2, 3),
    echo('ipv6', 1, 3),
  ],
};

/** An address of the outer network that no host has. */
const NOBODY = '203.0.113.99';
const SCANNED_PORTS = 20;

/** Opens several at once, and closes them together. */
async function together(opened: readonly Promise<Closable>[]): Promise<Closable> {
  const all = await Promise.all(opened);
  return {
    async close() {
      await Promise.all(all.map(handle => handle.close()));
    },
  };
}

/** The short-lived traffic. Its sockets are closed soon; its entries stay until the kernel's timeout. */
export const VISITORS: readonly Visitor[] = [
  {
    away: 7,
    first: 8,
    async visit(lab, turn) {
      const page = await lab.traffic.tcpEstablished({ ...ends(lab, familyOf(lab, turn), turn, 2), port: HTTP });
      await page.exchange({ up: 150, down: 1_000 + (turn % 7) * 2_000 });
      await page.end();
      return page;
    },
  },
  {
    away: 4,
    first: 5,
    visit: (lab, turn) => lab.traffic.udpExchange({ ...ends(lab, familyOf(lab, turn), turn, 1), port: DNS }),
  },
  {
    away: 15,
    first: 1,
    visit: (lab, turn) => lab.traffic.udpRequest({ ...ends(lab, 'ipv4', turn, 0), port: SYSLOG }),
  },
  // A resolver that does not answer.
  {
    away: 2,
    first: 12,
    visit: (lab, turn) => lab.traffic.udpRequest({ ...ends(lab, 'ipv4', turn % 2, 2), port: DNS }),
  },
  // One client that has more flows than all others.
  {
    away: 0.7,
    first: 40,
    visit: lab => lab.traffic.udpExchange({ ...ends(lab, 'ipv4', 2, 1), port: DNS }),
  },
  // A port scan of an address that nobody has.
  {
    away: 60,
    stays: 1,
    first: 1,
    visit: (lab, turn) => {
      const from = lab.addresses.clients[3]!.ipv4;
      const ports = Array.from({ length: SCANNED_PORTS }, (_, i) => 20 + ((turn * SCANNED_PORTS + i) % 1000));
      return together(ports.map(port => lab.traffic.tcpSynOnly({ from, to: NOBODY, port })));
    },
  },
  {
    away: 30,
    first: 1,
    visit: (lab, turn) => lab.traffic.tcpReset({ ...ends(lab, familyOf(lab, turn), turn, 2), port: HTTPS }),
  },
  {
    away: 32,
    stays: 8,
    first: 1,
    visit: (lab, turn) => lab.traffic.tcpSynOnly(ends(lab, familyOf(lab, turn), turn, 0)),
  },
  {
    away: 5,
    stays: 40,
    first: 1,
    visit: (lab, turn) => lab.traffic.tcpHalfClosed({ ...ends(lab, familyOf(lab, turn), turn, 2), port: HTTP }),
  },
];
