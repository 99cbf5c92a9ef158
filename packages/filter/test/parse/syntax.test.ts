import { LabelMap } from '@conntrack/flow';
import { describe, expect, it } from 'vitest';
import { defineFields } from '../../src/define.js';
import { type FilterError, isQuery, parseExpression, parseFilter, parseQuery } from '../../src/index.js';
import { printExpression } from '../../src/print.js';

const canonical = (text: string): string => printExpression(parseExpression(text).filter);

describe('an expression', () => {
  it.each([
    // Spellings of operators, in any case.
    ['dport eq 80', 'dport == 80'],
    ['dport NE 80', 'dport != 80'],
    ['dport gt 80', 'dport > 80'],
    ['dport ge 80', 'dport >= 80'],
    ['dport gte 80', 'dport >= 80'],
    ['dport lt 80', 'dport < 80'],
    ['dport le 80', 'dport <= 80'],
    ['dport lte 80', 'dport <= 80'],
    ['dport in 80', 'dport == 80'],
    ['dport not in 80', 'dport != 80'],
    ['dport NOT IN {80, 81}', 'dport not in {80, 81}'],
    ['dport == 80, 81', 'dport in {80, 81}'],
    ['dport != {80, 81}', 'dport not in {80, 81}'],
    ['status ALL {ASSURED, CONFIRMED}', 'status all {ASSURED, CONFIRMED}'],
    ['status all ASSURED, CONFIRMED', 'status all {ASSURED, CONFIRMED}'],
    ['helper exists', 'helper exists'],
    // How tests are joined.
    ['assured unreplied', 'assured and unreplied'],
    ['assured && unreplied || offload', '(assured and unreplied) or offload'],
    ['assured and unreplied or offload and assured', '(assured and unreplied) or (offload and assured)'],
    ['not assured and unreplied', 'not assured and unreplied'],
    ['not (assured and unreplied)', 'not (assured and unreplied)'],
    ['!assured', 'not assured'],
    ['not not assured', 'assured'],
    ['not ! (not assured)', 'not assured'],
    ['((assured))', 'assured'],
    ['(assured or unreplied) or offload', 'assured or unreplied or offload'],
    ['all', 'all'],
    ['all and assured', 'assured'],
    ['all or assured', 'all'],
    ['ALL', 'all'],
    // Words, and what may be next to them.
    ['unreplied not assured', 'unreplied and not assured'],
    ['unreplied ! assured', 'unreplied and not assured'],
    ['unreplied not dport == 80', 'unreplied and dport != 80'],
    ['src-nat not in 10.0.0.0/8', 'src-nat != 10.0.0.0/8'],
    ['src-nat dport == 80', 'src-nat and dport == 80'],
    ['src-nat (dport == 80)', 'src-nat and dport == 80'],
    ['src-nat == 10.0.0.1 dport == 80', 'src-nat == 10.0.0.1 and dport == 80'],
    ['unreplied && assured', 'unreplied and assured'],
    // A value with the name of a field.
    ['helper == mark', 'helper == mark'],
    ['label == all', 'label == all'],
    ['helper == "and"', 'helper == and'],
    // Functions.
    ['private(src)', 'private(src)'],
    ['PRIVATE( orig-src )', 'private(src)'],
    ['not loopback(addr)', 'not loopback(addr)'],
    ['pair(10.0.0.1, private)', 'pair(10.0.0.1, private)'],
    ['pair == 10.0.0.1, private', 'pair(10.0.0.1, private)'],
    ['pair in {10.0.0.1, private}', 'pair(10.0.0.1, private)'],
    // Masks.
    ['mark & 0xff == 0x10, 0x20', 'mark in {0x10/0xff, 0x20/0xff}'],
    ['mark & 0xff in {1, 2}', 'mark in {0x1/0xff, 0x2/0xff}'],
    ['mark & 0xff not in {1, 2}', 'mark not in {0x1/0xff, 0x2/0xff}'],
    ['dport & 1 == 1', 'dport & 0x1 == 1'],
  ])('the expression %s is: %s', (text, expected) => {
    expect(canonical(text)).toBe(expected);
  });

  it('a parenthesis after a space opens a group, and one that touches a name a call', () => {
    expect(() => parseExpression('dport (80)')).toThrow("no operator after 'dport'");
    expect(() => parseExpression('foo (src == 10.0.0.1)')).toThrow("unknown field 'foo'");
    expect(() => parseExpression('foo(src)')).toThrow("unknown function 'foo'");
    expect(() => parseExpression('dport(80)')).toThrow("no operator after 'dport'");
  });
});

describe('a query string', () => {
  const read = (text: string): string => printExpression(parseQuery(text, { params: ['limit'] }).filter);
  it.each([
    ['', 'all'],
    ['&&', 'all'],
    ['limit=5', 'all'],
    ['dport=80&dport=443', 'dport in {80, 443}'],
    ['dport=80&dport.not=443', 'dport == 80 and dport != 443'],
    ['dport.not=80&dport!=443', 'dport not in {80, 443}'],
    ['status.all=assured&status.all=confirmed', 'status all {ASSURED, CONFIRMED}'],
    ['status=assured&status.all=confirmed', 'status == ASSURED and status all {CONFIRMED}'],
    ['DPORT=80&orig-port-dst=443', 'dport in {80, 443}'],
    ['dport.NOT=80', 'dport != 80'],
    ['dport>80&dport.lte=90', 'dport > 80 and dport <= 90'],
    [' dport = 80 , 443 ', 'dport in {80, 443}'],
    ['pair=10.0.0.1,10.0.0.2&pair=10.0.0.3,10.0.0.4', 'pair(10.0.0.1, 10.0.0.2) or pair(10.0.0.3, 10.0.0.4)'],
    [
      'pair.not=10.0.0.1,10.0.0.2&pair.not=10.0.0.3,10.0.0.4',
      'not (pair(10.0.0.1, 10.0.0.2) or pair(10.0.0.3, 10.0.0.4))',
    ],
    ['unreplied', 'unreplied'],
    ['unreplied=true', 'unreplied'],
    ['unreplied= TRUE ', 'unreplied'],
    ['unreplied=False', 'not unreplied'],
    ['unreplied.exists=false', 'not unreplied'],
    ['helper.exists=true&helper=ftp', 'helper exists and helper == ftp'],
    ['src-nat&src-nat=10.0.0.1', 'src-nat and src-nat == 10.0.0.1'],
    ['src=10.0.0.0%2F8&helper=a%2Cb', 'src in 10.0.0.0/8 and helper in {a, b}'],
    ['helper="a%20b"&filter=dport+%3D%3D+80', 'helper == "a b" and dport == 80'],
    ['filter=dport == 80 or assured&proto=tcp', '(dport == 80 or assured) and proto == tcp'],
    // `&` separates pairs even there.
    ['filter=dport == 80 && assured', 'dport == 80 and assured'],
    ['filter=dport == 80 %26%26 assured', 'dport == 80 and assured'],
    ['%64port=80', 'dport == 80'],
    ['dport%3E80', 'dport > 80'],
    ['helper=%C3%A9%F0%9F%98%80', 'helper == "é😀"'],
  ])('the query string %s is: %s', (text, expected) => {
    expect(read(text)).toBe(expected);
  });

  it('the caller’s pairs are returned, whatever follows their key', () => {
    const params = ['limit', 'filter', 'a b'];
    const given = parseQuery('limit&limit=&limit==5&a+b=x%26y&limit=1,2', { params }).params;
    expect([...given]).toEqual([
      ['limit', ['', '', '=5', '1,2']],
      ['a b', ['x&y']],
    ]);
    expect(parseQuery('proto=tcp').params.size).toBe(0);
  });
  it('a comparison with a key of the caller is parsed as a field', () => {
    for (const text of ['limit>5', 'limit!=5', 'limit<5', 'Limit=5'])
      expect(() => parseQuery(text, { params: ['limit'] })).toThrow(/^unknown field '[lL]imit'/);
  });
});

describe('a text of either spelling', () => {
  it.each([
    'dport=80',
    'proto=tcp&dport=80',
    'unreplied&assured',
    'helper="a b"',
    'helper="a\\"b c"',
    'helper="a b',
    '=80',
    'filter=dport == 80',
    'proto=tcp&filter=dport == 80 and (assured)',
    '&',
    ' dport=80 ',
  ])('%s is a query string', text => expect(isQuery(text)).toBe(true));

  it.each([
    '',
    'all',
    'unreplied',
    'dport>=80',
    'dport!=80',
    'dport==80',
    'dport == 80',
    'dport=80 and assured',
    'assured&&unreplied',
    'assured||unreplied',
    '(assured)',
    'private(src)',
    'dport=={80}',
    'helper=="a&b=c"',
    'helper=="filter=x"',
    'filter==x',
    'x filter=y',
    'x "a&filter=y',
  ])('%s is an expression', text => expect(isQuery(text)).toBe(false));
});

describe('conflicts between tests', () => {
  const fails = (text: string): string => {
    try {
      parseFilter(text);
      return '';
    } catch (error) {
      return (error as FilterError).issues.map(({ offset, message }) => `${offset} ${message}`).join('\n');
    }
  };
  it.each([
    // What a value says about the family.
    ['src=10.0.0.1-10.0.0.9&dst=::1', '22 nothing can match: dst is IPv6, and src is IPv4'],
    ['src=10.0.0.1/255.0.0.255&dst=::1', '25 nothing can match: dst is IPv6, and src is IPv4'],
    ['src=10.0.0.0/8&src-nat=[::1]:80', '15 nothing can match: src-nat is IPv6, and src is IPv4'],
    ['src-nat=10.0.0.1&family=ipv6', '0 nothing can match: src-nat is IPv4, and family is IPv6'],
    ['addr=10.0.0.1&family=ipv6', '0 nothing can match: addr is IPv4, and family is IPv6'],
    ['pair=10.0.0.1,10.0.0.2&family=ipv6', '0 nothing can match: pair is IPv4, and family is IPv6'],
    ['src=private&family=ipv6', ''],
    ['src=private,10.0.0.1&family=ipv6', ''],
    ['src=10.0.0.1,::1&family=ipv6', ''],
    ['pair=private,10.0.0.1&family=ipv6', ''],
    ['nat=src&family=ipv6', ''],
    // Family and protocol are checked first, wherever they are.
    ['dport=80&proto=icmp', '0 nothing can match: dport belongs to tcp, udp, dccp, sctp or udplite, and proto is icmp'],
    ['src=10.0.0.1&proto=tcp&family=ipv6', '0 nothing can match: src is IPv4, and family is IPv6'],
    ['state=SHUTDOWN_SENT&proto=tcp', '0 nothing can match: tcp has no state SHUTDOWN_SENT'],
    ['state=ESTABLISHED,SHUTDOWN_SENT&proto=tcp', '0 nothing can match: tcp has no state SHUTDOWN_SENT'],
    ['state=ESTABLISHED&proto=tcp,udp', ''],
    ['state=TIME_WAIT&proto=sctp,dccp', ''],
    ['state=OPEN&proto=tcp,sctp', '0 nothing can match: tcp or sctp has no state OPEN'],
    ['state=OPEN&icmp.type=8', '11 nothing can match: icmp.type belongs to icmp or icmpv6, and state belongs to dccp'],
    ['proto=tcp,udp&icmp.type=8', '14 nothing can match: icmp.type belongs to icmp or icmpv6, and proto is tcp or udp'],
    // What was ruled out once stays ruled out.
    [
      'proto=tcp,icmp&dport=80&icmp.type=8',
      '24 nothing can match: icmp.type belongs to icmp or icmpv6, and dport belongs to tcp, udp, dccp, sctp or udplite',
    ],
    // Tests under `not` and `exists` rule out nothing.
    ['proto=icmp&dport.not=80', ''],
    ['proto=icmp&dport.exists=true', ''],
    ['not (proto == tcp and proto == udp)', ''],
    // One side of an `or` says nothing about the other; both are limited by what is around them.
    ['proto == tcp or proto == udp', ''],
    ['(proto == tcp or assured) and proto == udp', '1 nothing can match: proto is tcp, and proto is udp'],
    [
      'family == ipv4 and (src == ::1 or (assured and dst == ::1))',
      '20 nothing can match: src is IPv6, and family is IPv4\n47 nothing can match: dst is IPv6, and family is IPv4',
    ],
    // If there are other faults, conflicts are not looked for.
    ['proto == tcp and proto == udp and dprot == 1', "34 unknown field 'dprot'. Did you mean 'dport' or 'proto'?"],
  ])('tests that conflict are a fault: %s: %s', (text, expected) => {
    expect(fails(text)).toBe(expected);
  });
});

describe('faults of an expression', () => {
  const faults = (text: string): string[] => {
    try {
      parseExpression(text);
    } catch (error) {
      return (error as FilterError).issues.map(({ offset, length, message }) => `${offset}+${length} ${message}`);
    }
    return [];
  };
  const operators = "expected '==', '!=', '>', '>=', '<', '<=' or 'exists'";
  it.each<[string, string[]]>([
    // A similar word is suggested.
    ['nt assured', ["0+2 unknown field 'nt'. Did you mean 'nat' or 'not'?"]],
    ['assured an unreplied', ["8+2 unknown field 'an'. Did you mean 'any-nat' or 'and'?"]],
    ['nt(src)', ["0+2 unknown function 'nt'. Did you mean 'not'?"]],
    ['orr(src)', ["0+3 unknown function 'orr'. Did you mean 'or'?"]],
    ['adn(src)', ["0+3 unknown function 'adn'. Did you mean 'and'?"]],
    // After a field without an operator, parsing continues with the next predicate.
    [
      'dport and dprot == 1',
      [`5+0 no operator after 'dport'; ${operators}`, "10+5 unknown field 'dprot'. Did you mean 'dport' or 'proto'?"],
    ],
    [
      'dport or dprot == 1',
      [`5+0 no operator after 'dport'; ${operators}`, "9+5 unknown field 'dprot'. Did you mean 'dport' or 'proto'?"],
    ],
    [
      'dport 80 dprot == 1',
      [`5+0 no operator after 'dport'; ${operators}`, "9+5 unknown field 'dprot'. Did you mean 'dport' or 'proto'?"],
    ],
    [
      'dport "80" dprot == 1',
      [`5+0 no operator after 'dport'; ${operators}`, "11+5 unknown field 'dprot'. Did you mean 'dport' or 'proto'?"],
    ],
    [
      'dport sport == 70000',
      [`5+0 no operator after 'dport'; ${operators}`, '15+5 sport must be 0 to 65535, got 70000'],
    ],
    [
      'dport dprot == 1',
      [`5+0 no operator after 'dport'; ${operators}`, "6+5 unknown field 'dprot'. Did you mean 'dport' or 'proto'?"],
    ],
    [
      'dport not sport == 70000',
      [`5+0 no operator after 'dport'; ${operators}`, '19+5 sport must be 0 to 65535, got 70000'],
    ],
    ['dport assured', [`5+0 no operator after 'dport'; ${operators}`]],
    ['dport )', [`5+0 no operator after 'dport'; ${operators}`, "6+1 this ')' has no matching '('"]],
    // Operators of other languages between field and value.
    ['dport not 80', ["6+3 'not' compares nothing. Did you mean '!='?"]],
    ['dport not "80"', [`5+0 no operator after 'dport'; ${operators}`, "10+4 unexpected '80'"]],
    ['src-nat not 10.0.0.1', ["12+8 unknown field '10.0.0.1'"]],
    ['dport = 70000', ["6+1 '=' compares nothing. Did you mean '=='?", '8+5 dport must be 0 to 65535, got 70000']],
    [
      'dport ~ 70000',
      ["6+1 regular expressions are not supported. Names accept '*'", '8+5 dport must be 0 to 65535, got 70000'],
    ],
    // Lists and groups that are not closed, or closed by another sign.
    ['dport == (80, (443))', ["9+11 a list must be in braces. Did you mean '{80, (443)}'?"]],
    [
      'dport == ({80} , 443) and dprot == 1',
      [
        "9+12 a list must be in braces. Did you mean '{{80} , 443}'?",
        "26+5 unknown field 'dprot'. Did you mean 'dport' or 'proto'?",
      ],
    ],
    [
      'foo(a(b){c}) and dprot == 1',
      [
        "0+3 unknown function 'foo'; expected 'private', 'loopback', 'link-local', 'multicast', 'shared' or 'pair'",
        "17+5 unknown field 'dprot'. Did you mean 'dport' or 'proto'?",
      ],
    ],
    ['dport in {80)', ["12+1 unexpected ')'; expected ',' or '}'"]],
    ['private(src}', ["11+1 unexpected '}'; expected ',' or ')'"]],
    [
      'dport in {80 (1) 2} and dprot == 1',
      ["13+1 unexpected '('; expected ',' or '}'", "24+5 unknown field 'dprot'. Did you mean 'dport' or 'proto'?"],
    ],
    [
      'private(src, dst)',
      ["8+8 private requires one address field; expected 'src', 'dst', 'reply.src', 'reply.dst' or 'addr'"],
    ],
    [
      'private(foo)',
      ["8+3 private requires one address field; expected 'src', 'dst', 'reply.src', 'reply.dst' or 'addr'"],
    ],
    ['private(sr)', ["8+2 private requires one address field. Did you mean 'src'?"]],
    ['not )', ["4+1 expected a predicate such as 'proto == tcp' before ')'", "4+1 this ')' has no matching '('"]],
    ['not or assured', ["4+2 expected a predicate such as 'proto == tcp' before 'or'"]],
    // Masks.
    ['mark & sport == 1', [`4+0 no operator after 'mark'; ${operators}`, "5+1 unexpected '&'. Did you mean '&&'?"]],
    [
      'mark & "1" == 1',
      [
        `4+0 no operator after 'mark'; ${operators}`,
        "5+1 unexpected '&'. Did you mean '&&'?",
        "7+3 unexpected '1'",
        "11+2 unexpected '=='",
        "14+1 unknown field '1'",
      ],
    ],
    ['mark & 0xff == 1-3', ["12+2 a field with a mask supports only '==', '!=' and 'in' with numbers"]],
    ['mark & 0xff exists', []],
  ])('the faults of the expression %s: %j', (text, expected) => {
    expect(faults(text)).toEqual(expected);
  });
});

it('an unknown function over fields without a pair gets no suggestion', () => {
  const fields = defineFields({ client: { type: 'address', read: (row: { client: string }) => row.client } });
  expect(() => parseExpression('foo(client)', { fields })).toThrow(
    "unknown function 'foo'; expected 'private', 'loopback', 'link-local', 'multicast' or 'shared'",
  );
});

it('labels of a map are parsed in expressions and in query strings', () => {
  const labels = new LabelMap('1 staff');
  expect(parseFilter('label == STAFF', { labels })).toEqual(parseFilter('label=staff', { labels }));
});
