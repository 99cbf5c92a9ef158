import type { Family } from '@conntrack/flow';
import { familyNumber } from '@conntrack/flow/codec';
import { addressBytes } from './sockaddr.js';
import {
  ctState,
  destinationPort,
  dnat,
  drop,
  type Expression,
  inInterface,
  masquerade,
  outInterface,
  setLabel,
  setMark,
} from './wire/expressions.js';
import type { Chain, Table } from './wire/nftables.js';

const TABLE = 'conntrack_lab';
const TCP = 6;
const UDP = 17;

/** What the tracking rule brings along. */
export interface TrackingOptions {
  /** Connection labels can be set: the kernel has room for them only while some rule uses labels. */
  labels?: boolean;
  /** Marks by destination port, TCP and UDP, as a firewall would give them. */
  marks?: Readonly<Record<number, number>>;
}

/** Tracking for both families, and what goes with it. */
export function trackingTable({ labels = false, marks = {} }: TrackingOptions = {}): Table {
  const marking = Object.entries(marks).flatMap(([port, mark]) =>
    [TCP, UDP].map((protonum): Expression[] => [...destinationPort(protonum, Number(port)), ...setMark(mark)]),
  );
  const chains: Chain[] = [{ name: 'prerouting', hook: 'prerouting', rules: [ctState(), ...marking] }];
  // Never run: that the rule exists is enough. Bit 127 makes room for all of them.
  if (labels) chains.push({ name: 'labels', rules: [setLabel(127)] });
  return { family: 'inet', name: TABLE, chains };
}

/** A port of the router's outer address that leads to a host inside. */
export interface PortForward {
  port: number;
  to: string;
  toPort: number;
}

/** Masquerading on the way out, and port forwards from there. A table of one family: nat in `inet` tables needs Linux 5.2. */
export const natTable = (
  family: Family,
  outside: string,
  masqueraded: boolean,
  forwards: readonly PortForward[],
): Table => ({
  family: family === 'ipv4' ? 'ip' : 'ip6',
  name: TABLE,
  chains: [
    {
      name: 'prerouting',
      hook: 'dstnat',
      rules: forwards.map(({ port, to, toPort }) => [
        ...inInterface(outside),
        ...destinationPort(TCP, port),
        ...dnat(familyNumber(family), addressBytes(to), toPort),
      ]),
    },
    { name: 'postrouting', hook: 'srcnat', rules: masqueraded ? [[...outInterface(outside), ...masquerade()]] : [] },
  ],
});

/** Packets to a TCP port vanish without an answer. */
export const blackHoleTable = (port: number): Table => ({
  family: 'inet',
  name: TABLE,
  chains: [{ name: 'input', hook: 'input', rules: [[...destinationPort(TCP, port), ...drop()]] }],
});
