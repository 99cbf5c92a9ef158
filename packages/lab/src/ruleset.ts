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

/** Options of the tracking rule. */
export interface TrackingOptions {
  /** Whether connection labels can be set: the kernel has room for them only while a rule uses labels. */
  labels?: boolean;
  /** Marks by destination port (TCP and UDP), as a firewall would set them. */
  marks?: Readonly<Record<number, number>>;
}

/** Makes the table that turns on tracking for both families, with the given options. */
export function trackingTable({ labels = false, marks = {} }: TrackingOptions = {}): Table {
  const marking = Object.entries(marks).flatMap(([port, mark]) =>
    [TCP, UDP].map((protonum): Expression[] => [...destinationPort(protonum, Number(port)), ...setMark(mark)]),
  );
  const chains: Chain[] = [{ name: 'prerouting', hook: 'prerouting', rules: [ctState(), ...marking] }];
  // The rule never runs: its existence is enough. Bit 127 makes room for all labels.
  if (labels) chains.push({ name: 'labels', rules: [setLabel(127)] });
  return { family: 'inet', name: TABLE, chains };
}

/** A port of the router's outer address that is forwarded to a host inside. */
export interface PortForward {
  port: number;
  to: string;
  toPort: number;
}

/**
 * Makes a table with masquerading on the way out and port forwards on the way in. The table is for one family, because nat in `inet` tables
 * needs Linux 5.2.
 */
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

/** Drops packets to a TCP port without an answer. */
export const blackHoleTable = (port: number): Table => ({
  family: 'inet',
  name: TABLE,
  chains: [{ name: 'input', hook: 'input', rules: [[...destinationPort(TCP, port), ...drop()]] }],
});
