import { detectFormat } from '@conntrack/parser/format';
import { describe, expect, it } from 'vitest';

const TUPLES = 'src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2 src=10.0.0.2 dst=10.0.0.1 sport=2 dport=1';
const LINE = `tcp      6 99 CLOSE ${TUPLES} mark=0 use=1`;
const V4 = 'ipv4     2 ';
const ICMP = LINE.replaceAll(/sport=. dport=./g, 'type=8 code=0 id=5')
  .replace('tcp      6', 'icmp     1')
  .replace('CLOSE ', '');
const V6 = LINE.replaceAll('10.0.0.', '2001:db8::');
const PROC_V6 = { format: 'ip_conntrack', events: false, compact: false };
const SHOWN = { format: 'conntrack', ktimestamp: true, labels: true };
const conntrack = (more: object): object => ({
  ...SHOWN,
  events: false,
  extended: false,
  id: false,
  timestamp: false,
  compact: false,
  ...more,
});

describe('the format of a text', () => {
  it.each<[string, object]>([
    [LINE, conntrack({})],
    [V4 + LINE, conntrack({ extended: true })],
    [`${LINE} id=5`, conntrack({ id: true })],
    [`${LINE} id=5 labels=a,b`, conntrack({ id: true })],
    [`${LINE} id=5 labels`, conntrack({ id: true })],
    [`${LINE} id=5 [USERSPACE] portid=7`, conntrack({ id: true })],
    [`${V4}${LINE} id=5`, conntrack({ extended: true, id: true })],
    [ICMP, conntrack({})],
    [`    [NEW] ${LINE}`, conntrack({ events: true })],
    [`[1795234645.289660]\t    [NEW] ${LINE}`, conntrack({ events: true, timestamp: true })],
    [`[1795234645.289660]\t${LINE}`, conntrack({ timestamp: true })],
    [LINE.replace('tcp      6', 'tcp 6'), conntrack({ compact: true })],
    [LINE.replace('tcp      6', 'udplitex 136'), conntrack({ compact: false })],
    [LINE.replace('tcp      6', 'sctplong 132'), conntrack({})],
    [LINE.replace('tcp      6', 'longname 6'), conntrack({})],
    [`${LINE}\n${LINE} id=5`, conntrack({ id: true })],
    [`${LINE} id=5 secctx=a`, conntrack({})],
    [ICMP.replaceAll('code=0', 'code=10'), conntrack({})],
    [`${ICMP} id=77`, conntrack({ id: true })],
    ...['0', '10', '255'].map((code): [string, object] => [
      `    [NEW] ${ICMP.replaceAll('code=0', `code=${code}`).replace(' mark=0 use=1', '')}`,
      conntrack({ events: true }),
    ]),
    [V6, conntrack({})],
    [`rubbish\n${LINE}\nrubbish`, conntrack({})],
    // Formats that only the kernel's files have.
    [`${LINE.replace('use=1', 'zone=0 use=1')}`, { format: 'ip_conntrack', events: false, compact: false }],
    [`${V4}${LINE.replace('use=1', 'zone=0 use=1')}`, { format: 'proc', events: false, compact: false }],
    [`${V4}${LINE.replace('use=1', 'use=2')}`, { format: 'proc', events: false, compact: false }],
    [`${V4}${LINE.replace('use=1', 'use=12')}`, { format: 'proc', events: false, compact: false }],
    [`${V4}${LINE.replace('use=1', 'use=2 x=1')}`, conntrack({ extended: true })],
    [LINE.replace('use=1', 'use=2'), conntrack({})],
    [`${LINE} `, { format: 'ip_conntrack', events: false, compact: false }],
    [`${V4}${LINE.replace('use=1', 'l7proto=http use=1')}`, { format: 'proc', events: false, compact: false }],
    [`    [NEW] ${V4}${LINE.replace('use=1', 'zone=0 use=1')}`, conntrack({ events: true, extended: true })],
    [`${V4}${LINE.replace('use=1', 'zone=0 use=1')} id=5`, conntrack({ extended: true, id: true })],
    [V6.replaceAll('2001:db8::', '2001:0db8:0000:0000:0000:0000:0000:000'), PROC_V6],
    [V6.replaceAll('2001:db8::', 'fe80:0db8:0000:abcd:0000:0000:0000:000'), PROC_V6],
    [
      LINE.replace('tcp      6 99 CLOSE', 'gre      47 99 timeout=300, stream_timeout=300'),
      { format: 'ip_conntrack', events: false, compact: false },
    ],
    // The other formats.
    ['-A -s 1.1.1.1', { format: 'save', events: false }],
    ['-A -s 1.1.1.1\n-D -s 1.1.1.1', { format: 'save', events: true }],
    ['-A -s 1.1.1.1 -U x', { format: 'save', events: false }],
    ['-U -s 1.1.1.1', { format: 'save', events: true }],
    ['[1795234645.289660]\t-A -s 1.1.1.1', { format: 'save', events: true }],
    ['<?xml version="1.0"?>\n<conntrack>', { format: 'xml', events: false, ktimestamp: true, labels: true }],
    ['<conntrack>\n<flow type="new">', { format: 'xml', events: true, ktimestamp: true, labels: true }],
    ['{"family":"ipv4"}', { format: 'ndjson', events: false }],
    ['{"type":"new","flow":{}}', { format: 'ndjson', events: true }],
    ['{"type":"destroy","flow":{}}', { format: 'ndjson', events: true }],
    ['{"type":"end"}', { format: 'ndjson', events: false }],
    ['{"type":"update","flow":{}}', { format: 'ndjson', events: true }],
    ['300 proto=6 src=1.1.1.1 x="type":"new"', { format: 'expectations', events: false }],
    ['300 proto=6 src=1.1.1.1\n-D -s 1.1.1.1', { format: 'expectations', events: false }],
    ['cpu=12   \tfound=1 ', { format: 'stats', events: false, compact: false }],
    ['cpu=0   \tfound=1 ', { format: 'stats', events: false, compact: false }],
    ['cpu=0   \tfound=1', { format: 'stats', events: false, compact: true }],
    ['entries  searched', { format: 'proc_stats', events: false }],
    ['42', { format: 'count', events: false }],
    ['300 proto=6 src=1.1.1.1', { format: 'expectations', events: false }],
    ['    [NEW] 300 proto=6 src=1.1.1.1', { format: 'expectations', events: true }],
    ['300 l3proto = 2 proto=6 src=1.1.1.1', { format: 'proc_expectations', events: false }],
  ])('the format of %j is %j', (text, format) => {
    expect(detectFormat(text)).toEqual(format);
    expect(detectFormat(`\ufeff${text}`)).toEqual(format);
    expect(detectFormat(`\ufeff\r\n  \n${text.replaceAll('\n', '\r\n')}\r\n`)).toEqual(format);
  });

  it('the format has the options that any of its lines shows', () => {
    const more = `[1795234645.289660]\t    [NEW] ${V4}${LINE.replace('tcp      6', 'tcp 6')} id=5`;
    const shown = conntrack({ timestamp: true, events: true, extended: true, id: true, compact: true });
    expect(detectFormat(`${LINE}\n${more}`)).toEqual(shown);
    expect(detectFormat(`${LINE}\n${LINE} `)).toMatchObject({ format: 'ip_conntrack' });
    expect(detectFormat(`${LINE}\n${V4}${LINE.replace('use=1', 'use=2')}`)).toMatchObject({ format: 'proc' });
  });

  it('the format is detected from the first 32 lines, and 4,096 characters of each', () => {
    const lines = (count: number): string => `${'rubbish\n'.repeat(count)}${LINE}\n`;
    expect(detectFormat(lines(31))).toBeDefined();
    expect(detectFormat(lines(32))).toBeUndefined();
    expect(detectFormat(`${LINE} a=${'x'.repeat(5000)} id=5`)).toEqual(conntrack({}));
    expect(detectFormat(`${'\n'.repeat(31)}${LINE}`)).toBeDefined();
  });

  it.each([
    '',
    '\n\n',
    'hello',
    `tcp 6 rubbish ${TUPLES}`,
    'x-A -s 1.1.1.1',
    'GET / HTTP/1.1',
    'x cpu=0 \tfound=1',
    'x entries  searched',
    'entries  ',
    '42 flows',
    '4.2',
  ])('%j has no known format', text => {
    expect(detectFormat(text)).toBeUndefined();
  });

  it('messages of conntrack(8) are skipped when detecting the format', () => {
    expect(detectFormat(`conntrack v1.4.7 (conntrack-tools): 1 flow entries\n${LINE}\n`)).toEqual(conntrack({}));
    expect(detectFormat('conntrack v1.4.7 (conntrack-tools): 1 flow entries\n')).toBeUndefined();
    expect(detectFormat(`EXPECTING: 5 use=1 proto=6 src=1.1.1.1\n${LINE}`)).toMatchObject({ format: 'conntrack' });
  });
});
