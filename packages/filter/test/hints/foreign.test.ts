import { describe, expect, it } from 'vitest';
import { addressOf, endpointOf, portsOf } from '../../src/hints/foreign-places.js';
import { BARE_NAMES, bareTerms, fieldCalled, nameTerm, valueTerm } from '../../src/hints/foreign-words.js';
import { spell, spellAll, spellAny } from '../../src/hints/spell.js';
import { findField, parseExpression, parseQuery } from '../../src/index.js';

describe('ports as other tools write them', () => {
  it.each<[string, string | undefined]>([
    ['443', '443'],
    ['65535', '65535'],
    ['65536', undefined],
    ['123456', undefined],
    ['x443', undefined],
    ['443x', undefined],
    ['1024:2048', '1024-2048'],
    ['1024-2048', '1024-2048'],
    [':2048', '0-2048'],
    ['1024:', '1024-65535'],
    ['-80', '0-80'],
    ['1:65536', undefined],
    ['65536:1', undefined],
    [':', undefined],
    ['1:2:3', undefined],
    ['x1:2', undefined],
    ['', undefined],
  ])('the ports %j of other tools are written %j', (text, expected) => expect(portsOf(text)).toBe(expected));
});

describe('addresses as other tools write them', () => {
  it.each<[string, string | undefined]>([
    ['192.0.2.1', '192.0.2.1'],
    ['192.0.2.0/24', '192.0.2.0/24'],
    ['192.0.2.0/255.255.255.0', '192.0.2.0/255.255.255.0'],
    ['192.0.2.1-192.0.2.9', '192.0.2.1-192.0.2.9'],
    ['2001:db8::1', '2001:db8::1'],
    ['2001:db8::/32', '2001:db8::/32'],
    ['2001:db8::a-2001:db8::f', '2001:db8::a-2001:db8::f'],
    ['192.0.2.0/', undefined],
    ['192.0.2.1-', undefined],
    ['10.*', '10.0.0.0/8'],
    ['10.1.*', '10.1.0.0/16'],
    ['10.1.2.*', '10.1.2.0/24'],
    ['10.*.*', '10.0.0.0/8'],
    ['10.*.*.*', '10.0.0.0/8'],
    ['10.1.*.*', '10.1.0.0/16'],
    ['10.1.2.*.*', undefined],
    ['10.*.*.*.*', undefined],
    ['10.*.1', undefined],
    ['x10.1.*', undefined],
    ['10.1.*x', undefined],
    ['999.*', undefined],
    ['1.2.3.4.*', undefined],
    ['*', undefined],
    ['host', undefined],
    ['', undefined],
  ])('the address %j of other tools is written %j', (text, expected) => expect(addressOf(text)).toBe(expected));

  it.each<[string, string | undefined]>([
    ['192.0.2.1:443', '192.0.2.1 443'],
    ['[2001:db8::1]:443', '2001:db8::1 443'],
    ['[192.0.2.1]:443', '192.0.2.1 443'],
    ['192.0.2.1:0', '192.0.2.1 0'],
    ['192.0.2.1:65536', undefined],
    ['192.0.2.1:', undefined],
    ['192.0.2.1', undefined],
    [':443', undefined],
    ['host:443', undefined],
    ['[]:443', undefined],
    ['x[2001:db8::1]:443', undefined],
    ['192.0.2.1:443x', undefined],
    ['192.0.2.1:443:5', undefined],
    ['2001:db8::1:443', undefined],
    ['a:192.0.2.1:443', undefined],
  ])('the address with port %j is split into %j', (text, expected) => {
    const endpoint = endpointOf(text);
    expect(endpoint && `${endpoint.address} ${endpoint.port}`).toBe(expected);
  });
});

/** Names that other tools give to a field. */
const CALLED: Readonly<Record<string, string>> = {
  addr: 'ip ips host hosts ipaddr ip-address net network subnet prefix cidr',
  src: 'sip srcip src-ip ip-src saddr srcaddr src-addr source source-ip source-address from client',
  dst: 'dip dstip dst-ip ip-dst daddr dstaddr dst-addr dest destination destination-ip destination-address to server',
  sport: 'spt srcport src-port source-port',
  dport: 'dpt dstport dst-port dest-port destport destination-port',
  port: 'ports',
  'src-nat': 'snat masq masquerade natsrc nat-src',
  'dst-nat': 'dnat redirect natdst nat-dst',
  proto: 'l4proto ip-proto ipproto ip-protocol transport',
  family: 'l3proto af ip-version',
  state: 'ctstate ct-state tcp-state tcpstate',
  status: 'ctstatus ct-status flags',
  mark: 'ctmark ct-mark connmark fwmark nfmark',
  label: 'ctlabel ct-label connlabel',
  zone: 'ctzone ct-zone',
  helper: 'cthelper ct-helper',
  timeout: 'ttl expire expires expiry ctexpire',
  bytes: 'octets size traffic volume',
  packets: 'pkts packet',
  age: 'duration lifetime uptime',
  start: 'started begin since',
};

describe('the name of a field in other tools', () => {
  it.each(Object.entries(CALLED))('other tools’ names of the field %s: %s', (field, names) => {
    expect(findField(field)?.name).toBe(field);
    for (const name of names.split(' ')) {
      expect(fieldCalled(name), name).toBe(field);
      expect(fieldCalled(name.toUpperCase().replaceAll('-', '_')), name).toBe(field);
      expect(findField(name), name).toBeUndefined();
    }
  });
  it('other tools’ names are never names of the language itself', () => {
    for (const name of [...Object.keys(CALLED), 'nosuch', '', 'constructor']) expect(fieldCalled(name)).toBeUndefined();
  });
});

const inWords = (word: string): string | undefined => {
  const terms = bareTerms(word);
  return terms && spellAll(terms, true);
};

describe('a word without a field', () => {
  it.each<[string, string | undefined]>([
    // A family.
    ...['ipv4', 'ip4', 'inet', 'inet4', 'v4', 'IPv4'].map((word): [string, string] => [word, 'family=ipv4']),
    ...['ipv6', 'ip6', 'inet6', 'v6', 'V6'].map((word): [string, string] => [word, 'family=ipv6']),
    // A protocol, a state, bits of the status.
    ['tcp', 'proto=tcp'],
    ['TCP', 'proto=TCP'],
    ['icmpv6', 'proto=icmpv6'],
    ['ESTABLISHED', 'state=ESTABLISHED'],
    ['estab', 'state=ESTABLISHED'],
    ['FIN-WAIT-1', 'state=FIN_WAIT'],
    ['fin_wait_2', 'state=FIN_WAIT'],
    ['finwait1', 'state=FIN_WAIT'],
    ['SYN_SENT2', 'state=SYN_SENT2'],
    ['connected', 'state=connected'],
    ['unreplied', 'unreplied'],
    ['new', 'unreplied'],
    ['assured', 'assured'],
    ['related', 'status=EXPECTED'],
    ['offload', 'offload'],
    ['offloaded', 'offload'],
    ['HW_OFFLOAD', 'status=HW_OFFLOAD'],
    ['src_nat', 'src-nat'],
    ['snat', 'src-nat'],
    ['dst_nat', 'dst-nat'],
    ['dnat', 'dst-nat'],
    ['nat', 'nat=any'],
    ['dying', 'status=DYING'],
    ['https', 'port=https'],
    ['HTTPS', 'port=HTTPS'],
    // A name of a field, a class, ports, addresses.
    ['masq', 'src-nat'],
    ['private', 'addr=private'],
    ['443', 'port=443'],
    [':443', 'port=443'],
    ['1024:2048', 'port=1024-2048'],
    [':443:', undefined],
    ['192.0.2.1', 'addr=192.0.2.1'],
    ['10.1.*', 'addr=10.1.0.0/16'],
    ['192.0.2.1:443', 'addr=192.0.2.1&port=443'],
    // A number is a port, and neither a protocol nor a state.
    ['6', 'port=6'],
    ['1', 'port=1'],
    ['nosuch', undefined],
    ['constructor', undefined],
    ['', undefined],
  ])('the word %j alone stands for %j', (word, expected) => expect(inWords(word)).toBe(expected));

  it('every word that typing mistakes are compared with stands for a valid test', () => {
    for (const name of BARE_NAMES) expect(() => parseQuery(spell(nameTerm(name)!, true)), name).not.toThrow();
  });
});

describe('a value that its field does not know', () => {
  it.each<[string, string, string | undefined]>([
    ...['snat', 'SOURCE', 'masquerade'].map((word): [string, string, string] => ['nat', word, 'nat=src']),
    ...['dnat', 'destination'].map((word): [string, string, string] => ['nat', word, 'nat=dst']),
    ...['true', 'yes', 'both'].map((word): [string, string, string] => ['nat', word, 'nat=any']),
    ...['false', 'no'].map((word): [string, string, string] => ['nat', word, 'nat=none']),
    ['nat', 'nosuch', undefined],
    ['nat', 'constructor', undefined],
    ['state', 'FINWAIT1', 'state=FIN_WAIT'],
    ['state', 'NEW', 'unreplied'],
    ['state', 'tcp', 'proto=tcp'],
    ['state', 'https', undefined],
    ['state', '3', undefined],
    ['status', 'snat', 'src-nat'],
    ['status', 'ESTABLISHED', 'state=ESTABLISHED'],
    ['status', 'tcp', undefined],
    ['proto', 'https', 'port=https'],
    ['proto', 'v6', 'family=ipv6'],
    ['proto', 'ESTABLISHED', undefined],
    ['family', 'v4', 'family=ipv4'],
    ['family', 'tcp', 'proto=tcp'],
    ['family', 'https', undefined],
    ['mark', 'tcp', undefined],
  ])('%s=%s stands for %j', (field, word, expected) => {
    const term = valueTerm(field, word);
    expect(term && spell(term, true)).toBe(expected);
  });
});

describe('a suggestion', () => {
  it.each<[Parameters<typeof spell>, string]>([
    [[['proto', 'tcp'], true], 'proto=tcp'],
    [[['proto', 'tcp'], true, true], 'proto!=tcp'],
    [[['proto', 'tcp'], false], 'proto == tcp'],
    [[['proto', 'tcp'], false, true], 'proto != tcp'],
    [[['unreplied'], true], 'unreplied'],
    [[['unreplied'], true, true], 'unreplied=false'],
    [[['unreplied'], false, true], 'not unreplied'],
    [[['src-nat'], true, true], 'src-nat.exists=false'],
    [[['src-nat'], false, true], 'not src-nat'],
  ])('the suggestion for %j is %s', (given, expected) => {
    expect(spell(...given)).toBe(expected);
    expect(() => (given[1] ? parseQuery(expected) : parseExpression(expected))).not.toThrow();
  });

  it.each<[Parameters<typeof spellAny>, string]>([
    [[[['state', 'A']], true, false], 'state=A'],
    [
      [
        [
          ['state', 'A'],
          ['state', 'B'],
        ],
        true,
        false,
      ],
      'state=A,B',
    ],
    [
      [
        [
          ['state', 'A'],
          ['state', 'B'],
        ],
        true,
        true,
      ],
      'state!=A,B',
    ],
    [
      [
        [
          ['state', 'A'],
          ['state', 'B'],
        ],
        false,
        false,
      ],
      'state in {A, B}',
    ],
    [
      [
        [
          ['state', 'A'],
          ['state', 'B'],
        ],
        false,
        true,
      ],
      'state not in {A, B}',
    ],
    [
      [
        [
          ['state', 'A'],
          ['state', 'A'],
        ],
        true,
        false,
      ],
      'state=A',
    ],
    [[[['unreplied'], ['state', 'A']], true, false], 'filter=unreplied||state==A'],
    [[[['unreplied'], ['state', 'A'], ['state', 'B']], true, true], 'unreplied=false&state!=A,B'],
    [[[['unreplied'], ['state', 'A'], ['state', 'B']], false, false], '(unreplied or state in {A, B})'],
    [[[['unreplied'], ['state', 'A']], false, true], 'not (unreplied or state == A)'],
  ])('the suggestion for any of %j is %s', (given, expected) => expect(spellAny(...given)).toBe(expected));
});
