import { findProtocol, STATUS_BITS } from '@conntrack/flow';
import { statusBit } from '@conntrack/flow/codec';
import { findClass } from '../language/address-classes.js';
import { SERVICES } from '../language/services.js';
import { findState } from '../language/states.js';
import { addressOf, endpointOf, portsOf } from './foreign-places.js';

/** One test that a word stands for. Without a value, the field is a word itself (`unreplied`). */
export type Term = readonly [field: string, value?: string];

/** Names of fields in other tools, by the field's own name. */
const FIELD_NAMES: Readonly<Record<string, readonly string[]>> = {
  addr: ['ip', 'ips', 'host', 'hosts', 'ipaddr', 'ip-address', 'net', 'network', 'subnet', 'prefix', 'cidr'],
  src: [
    'sip',
    'srcip',
    'src-ip',
    'ip-src',
    'saddr',
    'srcaddr',
    'src-addr',
    'source',
    'source-ip',
    'source-address',
    'from',
    'client',
  ],
  dst: [
    'dip',
    'dstip',
    'dst-ip',
    'ip-dst',
    'daddr',
    'dstaddr',
    'dst-addr',
    'dest',
    'destination',
    'destination-ip',
    'destination-address',
    'to',
    'server',
  ],
  sport: ['spt', 'srcport', 'src-port', 'source-port'],
  dport: ['dpt', 'dstport', 'dst-port', 'dest-port', 'destport', 'destination-port'],
  port: ['ports'],
  'src-nat': ['snat', 'masq', 'masquerade', 'natsrc', 'nat-src'],
  'dst-nat': ['dnat', 'redirect', 'natdst', 'nat-dst'],
  proto: ['l4proto', 'ip-proto', 'ipproto', 'ip-protocol', 'transport'],
  family: ['l3proto', 'af', 'ip-version'],
  state: ['ctstate', 'ct-state', 'tcp-state', 'tcpstate'],
  status: ['ctstatus', 'ct-status', 'flags'],
  mark: ['ctmark', 'ct-mark', 'connmark', 'fwmark', 'nfmark'],
  label: ['ctlabel', 'ct-label', 'connlabel'],
  zone: ['ctzone', 'ct-zone'],
  helper: ['cthelper', 'ct-helper'],
  timeout: ['ttl', 'expire', 'expires', 'expiry', 'ctexpire'],
  bytes: ['octets', 'size', 'traffic', 'volume'],
  packets: ['pkts', 'packet'],
  age: ['duration', 'lifetime', 'uptime'],
  start: ['started', 'begin', 'since'],
};

const fields: ReadonlyMap<string, string> = new Map(
  Object.entries(FIELD_NAMES).flatMap(([field, names]) => names.map(name => [name, field])),
);

/** Finds the field that other tools call by this name; `_` equals `-`. */
export const fieldCalled = (name: string): string | undefined => fields.get(name.toLowerCase().replaceAll('_', '-'));

/** Words of iptables, nftables and everyday language for parts of a flow's status. */
const STATUS_WORDS: Readonly<Record<string, Term>> = {
  UNREPLIED: ['unreplied'],
  NEW: ['unreplied'],
  ASSURED: ['assured'],
  RELATED: ['status', 'EXPECTED'],
  OFFLOAD: ['offload'],
  OFFLOADED: ['offload'],
  SRC_NAT: ['src-nat'],
  SNAT: ['src-nat'],
  DST_NAT: ['dst-nat'],
  DNAT: ['dst-nat'],
  NAT: ['nat', 'any'],
};

const FAMILIES: Readonly<Record<string, string>> = {
  ipv4: 'ipv4',
  ip4: 'ipv4',
  inet: 'ipv4',
  inet4: 'ipv4',
  v4: 'ipv4',
  ipv6: 'ipv6',
  ip6: 'ipv6',
  inet6: 'ipv6',
  v6: 'ipv6',
};

/** Names of states in ss(8) and netstat(8) that conntrack spells differently. */
const STATES: Readonly<Record<string, string>> = { FINWAIT1: 'FIN_WAIT', FINWAIT2: 'FIN_WAIT', ESTAB: 'ESTABLISHED' };

const own = <T>(table: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined;

function stateTerm(word: string): Term | undefined {
  const upper = word.toUpperCase();
  const other = own(STATES, upper.replaceAll(/[-_]/g, ''));
  if (other !== undefined) return ['state', other];
  if (/^\d/.test(word)) return undefined;
  return findState(word) && ['state', word];
}

const statusTerm = (word: string): Term | undefined => {
  const upper = word.toUpperCase();
  return own(STATUS_WORDS, upper) ?? (statusBit(upper) === 0 ? undefined : ['status', upper]);
};

const protocolTerm = (word: string): Term | undefined =>
  /^\d/.test(word) || findProtocol(word) === undefined ? undefined : ['proto', word];

const familyTerm = (word: string): Term | undefined => {
  const family = own(FAMILIES, word.toLowerCase());
  return family === undefined ? undefined : ['family', family];
};

const serviceTerm = (word: string): Term | undefined =>
  SERVICES.includes(word.toLowerCase()) ? ['port', word] : undefined;

/** Words that can be meant by a word without a field, for suggestions after typing mistakes. */
export const BARE_NAMES: readonly string[] = [
  'tcp',
  'udp',
  'icmp',
  'icmpv6',
  'sctp',
  'gre',
  'ESTABLISHED',
  'TIME_WAIT',
  'SYN_SENT',
  'SYN_RECV',
  'CLOSE_WAIT',
  'LAST_ACK',
  'FIN_WAIT',
  ...STATUS_BITS,
];

/** The test that a name stands for, if no field is given. */
export const nameTerm = (word: string): Term | undefined =>
  familyTerm(word) ?? protocolTerm(word) ?? stateTerm(word) ?? statusTerm(word) ?? serviceTerm(word);

/** The tests that a word without a field stands for: `tcp`, `ESTABLISHED`, `192.0.2.1`, `443`. */
export function bareTerms(word: string): readonly Term[] | undefined {
  const name = nameTerm(word);
  if (name !== undefined) return [name];
  const field = fieldCalled(word);
  if (field !== undefined) return [[field]];
  if (findClass(word) !== undefined) return [['addr', word]];
  const ports = portsOf(word.replace(/^:(?=\d+$)/, ''));
  if (ports !== undefined) return [['port', ports]];
  const address = addressOf(word);
  if (address !== undefined) return [['addr', address]];
  const endpoint = endpointOf(word);
  return (
    endpoint && [
      ['addr', endpoint.address],
      ['port', endpoint.port],
    ]
  );
}

/** The test that is meant by a value that a field does not have: a test of another field, or another value of the same field. */
export function valueTerm(field: string, word: string): Term | undefined {
  const lower = word.toLowerCase();
  if (field === 'nat') {
    const value = own(
      {
        snat: 'src',
        source: 'src',
        masquerade: 'src',
        dnat: 'dst',
        destination: 'dst',
        true: 'any',
        yes: 'any',
        both: 'any',
        false: 'none',
        no: 'none',
      },
      lower,
    );
    return value === undefined ? undefined : ['nat', value];
  }
  const others = {
    state: [stateTerm, statusTerm, protocolTerm],
    status: [statusTerm, stateTerm],
    proto: [protocolTerm, serviceTerm, familyTerm],
    family: [familyTerm, protocolTerm],
  };
  for (const read of own(others, field) ?? []) {
    const term = read(word);
    if (term !== undefined) return term;
  }
  return undefined;
}
