import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as hinted from '../../src/hints.js';
import * as plain from '../../src/index.js';
import { FilterError, type FilterIssue } from '../../src/index.js';
import { FAULTS } from '../parse/faults.js';

const issuesOf = (read: () => unknown): readonly FilterIssue[] => {
  try {
    read();
    return [];
  } catch (error) {
    if (error instanceof FilterError) return error.issues;
    throw error;
  }
};

/** Applies the first suggestion of each fault to the text. */
const fixed = (text: string, issues: readonly FilterIssue[]): string =>
  [...issues]
    .reverse()
    .reduce(
      (rest, { offset, length, suggestions = [] }) =>
        rest.slice(0, offset) + suggestions[0] + rest.slice(offset + length),
      text,
    );

/** What people type first, and the text after all suggestions are applied. */
const QUERIES = [
  ['tcp', 'proto=tcp'],
  ['udp&dport=53', 'proto=udp&dport=53'],
  ['icmp', 'proto=icmp'],
  ['ESTABLISHED', 'state=ESTABLISHED'],
  ['time_wait', 'state=time_wait'],
  ['SYN_SENT&tcp', 'state=SYN_SENT&proto=tcp'],
  ['FIN-WAIT-1', 'state=FIN_WAIT'],
  ['establised', 'state=ESTABLISHED'],
  ['192.0.2.1', 'addr=192.0.2.1'],
  ['10.0.0.0/8', 'addr=10.0.0.0/8'],
  ['192.0.2.1-192.0.2.9', 'addr=192.0.2.1-192.0.2.9'],
  ['2001:db8::1', 'addr=2001:db8::1'],
  ['10.1.*.*', 'addr=10.1.0.0/16'],
  ['192.0.2.1:443', 'addr=192.0.2.1&port=443'],
  ['[2001:db8::1]:443', 'addr=2001:db8::1&port=443'],
  ['443', 'port=443'],
  [':443', 'port=443'],
  ['1024:2048', 'port=1024-2048'],
  ['https', 'port=https'],
  ['private', 'addr=private'],
  ['ipv6', 'family=ipv6'],
  ['NEW', 'unreplied'],
  ['RELATED', 'status=EXPECTED'],
  ['SEEN_REPLY', 'status=SEEN_REPLY'],
  ['dnat', 'dst-nat'],
  ['snat', 'src-nat'],
  ['masquerade', 'src-nat'],
  ['dnat=192.0.2.1', 'dst-nat=192.0.2.1'],
  ['ip=192.0.2.1', 'addr=192.0.2.1'],
  ['host=192.0.2.1', 'addr=192.0.2.1'],
  ['ip.not=192.0.2.1', 'addr.not=192.0.2.1'],
  ['sip=192.0.2.1&dip=192.0.2.2', 'src=192.0.2.1&dst=192.0.2.2'],
  ['src_ip=192.0.2.1', 'src=192.0.2.1'],
  ['daddr=192.0.2.1', 'dst=192.0.2.1'],
  ['dst-port=80', 'dport=80'],
  ['connmark=1', 'mark=1'],
  ['status=UNREPLIED', 'unreplied'],
  ['state=UNREPLIED', 'unreplied'],
  ['state=ASSURED', 'assured'],
  ['state=NEW', 'unreplied'],
  ['dport=80& state=NEW', 'dport=80&unreplied'],
  ['state!=NEW', 'unreplied=false'],
  ['state.not=new&tcp', 'unreplied=false&proto=tcp'],
  ['status.not=DNAT', 'dst-nat.exists=false'],
  ['state=SNAT', 'src-nat'],
  ['state=NEW,ESTABLISHED', 'filter=unreplied||state==ESTABLISHED'],
  ['state=ESTABLISHED,NEW&dport=80', 'filter=state==ESTABLISHED||unreplied&dport=80'],
  ['state!=NEW,ESTABLISHED,TIME_WAIT', 'unreplied=false&state!=ESTABLISHED,TIME_WAIT'],
  ['state.not=NEW,RELATED', 'unreplied=false&status!=EXPECTED'],
  ['state=FINWAIT1,ESTAB', 'state=FIN_WAIT,ESTABLISHED'],
  ['state=FINWAIT1,FINWAIT2', 'state=FIN_WAIT'],
  ['nat=snat,dnat', 'nat=src,dst'],
  ['proto=tcp,http', 'filter=proto==tcp||port==http'],
  ['status=ESTABLISHED', 'state=ESTABLISHED'],
  ['state=tcp', 'proto=tcp'],
  ['state=FIN-WAIT-2', 'state=FIN_WAIT'],
  ['proto=http', 'port=http'],
  ['family=v6', 'family=ipv6'],
  ['nat=snat', 'nat=src'],
  ['nat=no', 'nat=none'],
  ['dport=1024:2048', 'dport=1024-2048'],
  ['dport=80,1024:2048', 'dport=80,1024-2048'],
  ['dport=1024:', 'dport=1024-65535'],
  ['bytes=1:5', 'bytes=1-5'],
  ['bytes=100000:200000', 'bytes=100000-200000'],
  ['dport=-1023', 'dport=0-1023'],
  ['src=192.0.2.1:80', 'src=192.0.2.1&sport=80'],
  ['dst=192.0.2.1:80', 'dst=192.0.2.1&dport=80'],
  ['reply.src=192.0.2.1:80', 'reply.src=192.0.2.1&reply.sport=80'],
  ['reply.dst=192.0.2.1:80', 'reply.dst=192.0.2.1&reply.dport=80'],
  ['dst=10.1.*.*', 'dst=10.1.0.0/16'],
  ['bytes>=1MB', 'bytes>=1M'],
  ['bytes>1KiB', 'bytes>1Ki'],
  ['age>5min', 'age>5m'],
  ['age>2Hours', 'age>2h'],
] as const;
const EXPRESSIONS = [
  ['tcp', 'proto == tcp'],
  ['tcp and ESTABLISHED', 'proto == tcp and state == ESTABLISHED'],
  ['tcp and dport == 80', 'proto == tcp and dport == 80'],
  ['not tcp', 'not proto == tcp'],
  ['dnat && tcp', 'dst-nat && proto == tcp'],
  ['(udp or icmp)', '(proto == udp or proto == icmp)'],
  ['port 80', 'port == 80'],
  ['src 10.0.0.1 and tcp', 'src == 10.0.0.1 and proto == tcp'],
  ['proto == tcp and src 10.0.0.1', 'proto == tcp and src == 10.0.0.1'],
  ['host 10.0.0.1', 'addr == 10.0.0.1'],
  ['host  10.0.0.1', 'addr == 10.0.0.1'],
  ['connlabel monitor', 'label == monitor'],
  ['connlabel internal', 'label == internal'],
  ['net 10.0.0.0/8 or udp', 'addr == 10.0.0.0/8 or proto == udp'],
  ['dst port 80', 'dport == 80'],
  ['DST  PORT  80', 'dport == 80'],
  ['src port 1024:2048', 'sport == 1024-2048'],
  ['src host 10.0.0.1', 'src == 10.0.0.1'],
  ['src net 10.0.0.0/8 and proto == tcp', 'src == 10.0.0.0/8 and proto == tcp'],
  ['state NEW', 'unreplied'],
  ['ctstate NEW', 'unreplied'],
  ['state == UNREPLIED', 'unreplied'],
  ['state==UNREPLIED', 'unreplied'],
  ['state in {NEW, ESTABLISHED}', '(unreplied or state == ESTABLISHED)'],
  [
    'state in { NEW,ESTABLISHED , TIME_WAIT } and dport == 80',
    '(unreplied or state in {ESTABLISHED, TIME_WAIT}) and dport == 80',
  ],
  ['state not in {ESTABLISHED, RELATED}', 'not (state == ESTABLISHED or status == EXPECTED)'],
  ['not state in {NEW, UNREPLIED}', 'not unreplied'],
  ['state not in {NEW, UNREPLIED}', 'not unreplied'],
  ['state  not  in  {NEW}', 'not unreplied'],
  ['status in {ASSURED, snat, dnat}', '(assured or src-nat or dst-nat)'],
  ['proto in {tcp, http}', '(proto == tcp or port == http)'],
  ['family in {ip4, v6}', 'family in {ipv4, ipv6}'],
  ['proto == tcp and not state != NEW', 'proto == tcp and not not unreplied'],
  ['status ne DNAT', 'not dst-nat'],
  ['dport == 1024:2048', 'dport == 1024-2048'],
  ['dport in {22, 1024:2048}', 'dport in {22, 1024-2048}'],
  ['addr == [2001:db8::1]:443', 'addr == 2001:db8::1 and port == 443'],
  ['saddr == 10.0.0.1 and daddr == 10.0.0.2', 'src == 10.0.0.1 and dst == 10.0.0.2'],
  ['dnat == 10.0.0.1:80', 'dst-nat == 10.0.0.1:80'],
] as const;

describe('the words that people type first', () => {
  it.each(QUERIES)('query %s: did you mean %s?', (text, meant) => {
    const issues = issuesOf(() => hinted.parseQuery(text));
    expect(fixed(text, issues)).toBe(meant);
    expect(plain.parseQuery(fixed(text, issues))).toEqual(plain.parseQuery(meant));
  });

  it.each(EXPRESSIONS)('expression %s: did you mean %s?', (text, meant) => {
    const issues = issuesOf(() => hinted.parseExpression(text));
    expect(fixed(text, issues)).toBe(meant);
    expect(plain.parseExpression(meant).filter).toBeDefined();
  });

  it.each(EXPRESSIONS)(
    'a pair with the expression %s, percent-encoded, has the hint for expressions',
    (text, meant) => {
      const raw = `limit=1&filter=${encodeURIComponent(text)}`;
      const issues = issuesOf(() => hinted.parseQuery(raw, { params: ['limit'] }));
      const begin = 'limit=1&filter='.length;
      const decoded = issues.map(issue => {
        const offset = decodeURIComponent(raw.slice(begin, issue.offset)).length;
        return {
          ...issue,
          offset,
          length: decodeURIComponent(raw.slice(begin, issue.offset + issue.length)).length - offset,
        };
      });
      expect(fixed(text, decoded)).toBe(meant);
    },
  );

  it.each([
    ['tcp 80', [['proto == tcp']]],
    ['src 10.0.0.1 port 80', [['src == 10.0.0.1'], ['port == 80']]],
    ['reply.src port 80', [undefined, ['port == 80']]],
    ['src-nat port 80', [['port == 80']]],
    ['dnat unreplied', [['dst-nat']]],
    ['dnat ip == 10.0.0.1', [['dst-nat'], ['addr']]],
  ])('no suggestion for the expression %s replaces a part of the next test', (text, meant) => {
    expect(issuesOf(() => hinted.parseExpression(text)).map(({ suggestions }) => suggestions)).toEqual(meant);
  });

  it.each([
    ['tcp&dport=80', "unknown field 'tcp'. Did you mean 'proto=tcp'?"],
    ['status=SNAT', "unknown status 'SNAT'. Did you mean 'src-nat'?"],
    ['state=ESTAB', "unknown state 'ESTAB'. Did you mean 'state=ESTABLISHED'?"],
    ['nat=snat', "unknown nat 'snat'. Did you mean 'nat=src'?"],
    ['src 10.0.0.1', "no operator after 'src'. Did you mean 'src == 10.0.0.1'?"],
    ['dport=1024:2048', "'1024:2048' is not a port or the name of a service. Did you mean '1024-2048'?"],
    ['age>5min', "age does not support the unit 'min'. Did you mean 'm'?"],
  ])('the message for %s has the hint instead of what the main entry suggests or expects', (text, message) => {
    expect(issuesOf(() => hinted.parseFilter(text)).map(issue => issue.message)).toEqual([message]);
  });

  it('suggestions are in the message and under the caret too', () => {
    const [issue] = issuesOf(() => hinted.parseFilter('dport=80&state=UNREPLIED'));
    expect(issue).toMatchObject({
      code: 'unknown-value',
      offset: 9,
      length: 15,
      suggestions: ['unreplied'],
      message: "unknown state 'UNREPLIED'. Did you mean 'unreplied'?",
      snippet:
        "dport=80&state=UNREPLIED\n         ^~~~~~~~~~~~~~~  unknown state 'UNREPLIED'. Did you mean 'unreplied'?",
    });
  });

  it('texts that the main entry point accepts are accepted', () => {
    for (const text of ['protocol=6', 'proto=TCP&state=established', 'unreplied', 'dport=1024-2048', 'port=https'])
      expect(hinted.parseFilter(text)).toEqual(plain.parseFilter(text));
  });

  it.each([
    'foo',
    'foo=1',
    'state=foo',
    'src',
    'ct1.abc',
    'state in {NEW, foo}',
    'state in {NEW, "ESTABLISHED"}',
    'state=NEW,foo',
    '-p',
    'src=foo',
    '999.1.1.1',
    'src=1.2.3.4:99999',
    'src=1.2.3.4:80,1.2.3.5',
    ':',
    'dport=:',
    'dport=80:90:100',
    'dport=192.0.2.1',
    'dport=192.0.2.1:80',
    'bytes=1:2:3',
    'bytes=5:',
    'src=1:2',
    'tcp == 80',
    'tcp==80',
    'ttl2=5',
    'sct',
    'state="ESTABLISHED",NEW',
    'state=NEW,"ESTABLISHED"',
    'state == NEW,ESTABLISHED',
    'state == NEW , ESTABLISHED',
    'bytes>5min',
    'age>1MB',
    'tcp&src=%zz',
    '%zz&'.repeat(3000),
  ])('no suggestion is made for %s', text =>
    expect(issuesOf(() => hinted.parseFilter(text))).toEqual(issuesOf(() => plain.parseFilter(text))),
  );
});

describe('faults with hints', () => {
  it.each(FAULTS)('%s %s: the codes are those of the main entry point, in its order', (kind, text, faults) => {
    const purpose = kind === 'change' ? ('change' as const) : ('read' as const);
    const read = () =>
      kind === 'expression'
        ? hinted.parseExpression(text, { purpose })
        : hinted.parseQuery(text, { purpose, params: ['limit', 'cursor'] });
    const codes = issuesOf(read).map(({ code }) => code);
    const all: string[] = faults.map(([code]) => code);
    for (const code of codes) expect(all.splice(0, all.indexOf(code) + 1)).toContain(code);
  });

  it('a text with faults has faults with hints too, each at a place in the text', () => {
    const piece = fc.constantFrom(
      'tcp',
      'src',
      '=',
      '==',
      ' ',
      '&',
      '80',
      ':',
      'NEW',
      'state',
      '{',
      '}',
      ',',
      'filter=',
      '%41',
      '10.0.0.1',
      '"',
      '*',
      'not',
      '!',
      'host',
      '+',
    );
    fc.assert(
      fc.property(
        fc.array(fc.oneof(piece, fc.string({ maxLength: 3 })), { maxLength: 12 }).map(parts => parts.join('')),
        text => {
          for (const [read, readHinted] of [
            [plain.parseQuery, hinted.parseQuery],
            [plain.parseExpression, hinted.parseExpression],
          ] as const) {
            const without = issuesOf(() => read(text));
            const issues = issuesOf(() => readHinted(text));
            expect(issues.length > 0).toBe(without.length > 0);
            for (const { offset, length } of issues) {
              expect(offset).toBeGreaterThanOrEqual(0);
              expect(offset + length).toBeLessThanOrEqual(text.length);
            }
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});
