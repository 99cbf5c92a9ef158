import { describe, expect, it } from 'vitest';
import { defineFields } from '../../src/define.js';
import { type Filter, findField, parseExpression, parseFilter, parseQuery } from '../../src/index.js';
import { printSpans } from '../../src/print/print-expression.js';
import { printValue } from '../../src/print/print-value.js';
import { printExpression, printersFor, printQuery } from '../../src/print.js';

/** A text in either syntax, and how its filter is printed in both. */
const CANONICAL: readonly (readonly [given: string, expression: string, query: string])[] = [
  ['all', 'all', ''],
  ['not all', 'not all', 'filter=not%20all'],
  ['family=inet6', 'family == ipv6', 'family=ipv6'],
  ['family=4', 'family == ipv4', 'family=ipv4'],
  ['proto=6', 'proto == tcp', 'proto=tcp'],
  ['proto.not=UDP,253', 'proto not in {udp, 253}', 'proto.not=udp,253'],
  ['status=assured', 'status == ASSURED', 'status=ASSURED'],
  ['status.all=assured,CONFIRMED', 'status all {ASSURED, CONFIRMED}', 'status.all=ASSURED,CONFIRMED'],
  ['not status all {ASSURED}', 'not status all {ASSURED}', 'filter=not%20status%20all%20%7BASSURED%7D'],
  ['dccp.role=SERVER', 'dccp.role == server', 'dccp.role=server'],
  ['event=new,destroy', 'event in {new, destroy}', 'event=new,destroy'],
  ['nat=SRC', 'nat == src', 'nat=src'],
  ['state=time_wait', 'state == TIME_WAIT', 'state=TIME_WAIT'],
  ['dport=https', 'dport == 443', 'dport=443'],
  ['dport=80-90', 'dport in 80..90', 'dport=80-90'],
  ['dport!=80-90', 'dport not in 80..90', 'dport.not=80-90'],
  ['dport.gt=1024', 'dport > 1024', 'dport.gt=1024'],
  ['not dport > 1024', 'not dport > 1024', 'filter=not%20dport%20%3E%201024'],
  ['dport>=1', 'dport >= 1', 'dport.gte=1'],
  ['dport<2', 'dport < 2', 'dport.lt=2'],
  ['dport<=3', 'dport <= 3', 'dport.lte=3'],
  ['mark=255', 'mark == 0xff', 'mark=0xff'],
  ['mark=1/0xf0', 'mark & 0xf0 == 0x1', 'mark=0x1/0xf0'],
  ['mark & 0xff != 16', 'mark & 0xff != 0x10', 'mark.not=0x10/0xff'],
  ['mark=1,0x10/0xff', 'mark in {0x1, 0x10/0xff}', 'mark=0x1,0x10/0xff'],
  ['bytes=1000000', 'bytes == 1M', 'bytes=1M'],
  ['bytes=3072', 'bytes == 3Ki', 'bytes=3Ki'],
  ['packets=1k-2G', 'packets in 1k..2G', 'packets=1k-2G'],
  ['timeout=3600', 'timeout == 1h', 'timeout=1h'],
  ['timeout=1.5', 'timeout == 1500ms', 'timeout=1500ms'],
  ['timeout=0', 'timeout == 0', 'timeout=0'],
  ['age=61-120', 'age in 61s..2m', 'age=61s-2m'],
  ['start>2026-01-31', 'start > 2026-01-31T00:00:00Z', 'start.gt=2026-01-31T00:00:00Z'],
  [
    'start=2026-01-31..2026-02-01',
    'start in 2026-01-31T00:00:00Z..2026-02-01T00:00:00Z',
    'start=2026-01-31T00:00:00Z..2026-02-01T00:00:00Z',
  ],
  ['start>2026-01-31T10:00:00.123456Z', 'start > 2026-01-31T10:00:00.123456Z', 'start.gt=2026-01-31T10:00:00.123456Z'],
  ['start>2026-01-31T10:00:00.5Z', 'start > 2026-01-31T10:00:00.500Z', 'start.gt=2026-01-31T10:00:00.500Z'],
  ['src=10.0.0.1', 'src == 10.0.0.1', 'src=10.0.0.1'],
  ['src=10.0.0.0/8', 'src in 10.0.0.0/8', 'src=10.0.0.0/8'],
  ['src!=10.0.0.0/8', 'src not in 10.0.0.0/8', 'src.not=10.0.0.0/8'],
  ['src=10.0.0.1-10.0.0.9', 'src in 10.0.0.1..10.0.0.9', 'src=10.0.0.1-10.0.0.9'],
  ['src=10.0.0.1/255.0.0.255', 'src in 10.0.0.1/255.0.0.255', 'src=10.0.0.1/255.0.0.255'],
  ['src=2001:DB8::1', 'src == 2001:db8::1', 'src=2001:db8::1'],
  ['src=private', 'private(src)', 'src=private'],
  ['src.not=private', 'not private(src)', 'src.not=private'],
  ['src=private,10.0.0.1', 'src in {private, 10.0.0.1}', 'src=private,10.0.0.1'],
  ['pair=10.0.0.1,private', 'pair(10.0.0.1, private)', 'pair=10.0.0.1,private'],
  ['pair.not=10.0.0.1,10.0.0.2', 'not pair(10.0.0.1, 10.0.0.2)', 'pair.not=10.0.0.1,10.0.0.2'],
  ['src-nat', 'src-nat', 'src-nat'],
  ['src-nat.exists=false', 'not src-nat', 'src-nat.exists=false'],
  ['src-nat=10.0.0.1:80', 'src-nat == 10.0.0.1:80', 'src-nat=10.0.0.1:80'],
  ['src-nat=private', 'src-nat == private', 'src-nat=private'],
  ['src-nat=10.0.0.0/8:80', 'src-nat == 10.0.0.0/8:80', 'src-nat=10.0.0.0/8:80'],
  ['src-nat=[2001:db8::1]:80', 'src-nat == [2001:db8::1]:80', 'src-nat=%5B2001:db8::1%5D:80'],
  ['src-nat=2001:db8::1', 'src-nat == 2001:db8::1', 'src-nat=2001:db8::1'],
  ['unreplied', 'unreplied', 'unreplied'],
  ['unreplied=false', 'not unreplied', 'unreplied=false'],
  ['helper.exists=true', 'helper exists', 'helper.exists=true'],
  ['helper.exists=false', 'not helper exists', 'helper.exists=false'],
  ['label=5', 'label == 5', 'label=5'],
  ['label.all=5,staff', 'label all {5, staff}', 'label.all=5,staff'],
  ['label="5"', 'label == "5"', 'label=%225%22'],
  ['label="55"', 'label == "55"', 'label=%2255%22'],
  ['label=5a', 'label == 5a', 'label=5a'],
  ['label="-a"', 'label == "-a"', 'label=%22-a%22'],
  ['label="a b"', 'label == "a b"', 'label=%22a%20b%22'],
  ['helper=ftp-21', 'helper == ftp-21', 'helper=ftp-21'],
  ['helper=f', 'helper == f', 'helper=f'],
  ['helper="-ftp"', 'helper == "-ftp"', 'helper=%22-ftp%22'],
  ['helper="ftp 21"', 'helper == "ftp 21"', 'helper=%22ftp%2021%22'],
  ['helper="(ftp"', 'helper == "(ftp"', 'helper=%22(ftp%22'],
  ['helper=""', 'helper == ""', 'helper=%22%22'],
  ['helper=ftp*', 'helper == ftp*', 'helper=ftp*'],
  ['helper=*-21', 'helper == *-21', 'helper=*-21'],
  ['helper=*', 'helper == *', 'helper=*'],
  ['helper="a b*c"', 'helper == "a b*c"', 'helper=%22a%20b*c%22'],
  ['helper="c*a b"', 'helper == "c*a b"', 'helper=%22c*a%20b%22'],
  ['helper="a\\"b\\\\c\\*d"', 'helper == "a\\"b\\\\c\\*d"', 'helper=%22a%5C%22b%5C%5Cc%5C*d%22'],
  ['secctx=system_u:object_r:x@y/z', 'secctx == system_u:object_r:x@y/z', 'secctx=system_u:object_r:x@y/z'],
  [
    'proto == tcp and (dport == 80 or not assured)',
    'proto == tcp and (dport == 80 or not assured)',
    'proto=tcp&filter=dport%20==%2080%20or%20not%20assured',
  ],
  [
    'not (proto == tcp and dport == 80) or assured',
    'not (proto == tcp and dport == 80) or assured',
    'filter=not%20(proto%20==%20tcp%20and%20dport%20==%2080)%20or%20assured',
  ],
  // A repeated key would be an OR.
  ['dport >= 5 and dport >= 6', 'dport >= 5 and dport >= 6', 'dport.gte=5&filter=dport%20%3E=%206'],
  [
    'dport >= 5 and dport >= 6 and sport == 1',
    'dport >= 5 and dport >= 6 and sport == 1',
    'dport.gte=5&filter=dport%20%3E=%206%20and%20sport%20==%201',
  ],
  ['dport >= 5 and dport < 9', 'dport >= 5 and dport < 9', 'dport.gte=5&dport.lt=9'],
];

describe('a filter in canonical form', () => {
  it.each(CANONICAL)('%s is printed as %s, and in a query string as %s', (given, expression, query) => {
    const { filter } = parseFilter(given);
    expect(printExpression(filter)).toBe(expression);
    expect(printQuery(filter)).toBe(query);
    expect(parseExpression(expression).filter).toEqual(filter);
    expect(parseQuery(query).filter).toEqual(filter);
  });

  it('a filter with an empty list is printed with the empty list, even if no text can give it', () => {
    const none: Filter = { kind: 'test', field: 'dport', op: 'eq', values: [] };
    expect(printExpression(none)).toBe('dport in {}');
  });

  it('printing returns the place of each test', () => {
    const { filter } = parseFilter('proto == tcp and not (dport in {80, 443} or not assured)');
    const { text, spans } = printSpans(filter);
    expect([...spans].map(([{ field }, [start, end]]) => [field, text.slice(start, end)])).toEqual([
      ['proto', 'proto == tcp'],
      ['dport', 'dport in {80, 443}'],
      ['assured', 'not assured'],
    ]);
  });
});

it('a number without a name is printed as a number', () => {
  expect(printValue(findField('event')!, { type: 'number', value: 9 })).toBe('9');
  expect(printValue({ name: 'kind', aliases: [], type: 'enum' }, { type: 'number', value: 0 })).toBe('0');
});

it('the printers of own fields print both syntaxes', () => {
  const fields = defineFields({ size: { type: 'size', read: (row: { size: number }) => row.size } });
  const { printExpression: expression, printQuery: query } = printersFor(fields);
  const { filter } = parseFilter('size>=2k', { fields });
  expect([expression(filter), query(filter)]).toEqual(['size >= 2k', 'size.gte=2k']);
});
