import { expect, test } from 'vitest';
import { COLUMNS, columnValue, findColumn, setAt, valueAt } from '../../src/columns.js';
import type { Flow } from '../../src/index.js';
import { printable, printableJson } from '../../src/text.js';

const flow: Flow = {
  family: 'ipv4',
  protocol: 'sctp',
  protonum: 132,
  original: { src: '192.0.2.1', dst: '192.0.2.2', sport: 1, dport: 2, packets: 3 },
  reply: { src: '192.0.2.2', dst: '192.0.2.1', sport: 2, dport: 1, packets: 4, zone: 5 },
  protoinfo: { vtag: { reply: 6 } },
};

test('a column is found by its name and by its path, and returns the value there', () => {
  const values = (name: string): unknown => columnValue(flow, findColumn(name)!);
  expect(values('sport')).toBe(1);
  expect(values('original.sport')).toBe(1);
  expect(values('reply.zone')).toBe(5);
  expect(values('reply.sctp.vtag')).toBe(6);
  expect(values('orig.sctp.vtag')).toBeUndefined();
  expect(values('dccp.role')).toBeUndefined();
  expect(values('packets')).toBe(7);
  expect(values('bytes')).toBeUndefined();
  expect(findColumn('constructor')).toBeUndefined();
});

test('every column has a different name, and a value that was set at a place is read there', () => {
  expect(new Set(COLUMNS.map(({ name }) => name)).size).toBe(COLUMNS.length);
  for (const { places } of COLUMNS)
    for (const place of places) {
      const built = {};
      setAt(built, place, 7);
      expect(valueAt(built as Flow, place)).toBe(7);
    }
});

test('control characters are escaped in text and in JSON, and JSON keeps their value', () => {
  const hostile = 'a\u001b]0;owned\u0007\u007f\u009b31m\u202eb\nc\tü€';
  expect(printable(hostile)).toBe('a\\x1b]0;owned\\x07\\x7f\\x9b31m\\u202eb\\x0ac\\x09ü€');
  expect(printable('plain ü € 日本')).toBe('plain ü € 日本');
  const json = printableJson({ helper: hostile });
  expect(json).not.toMatch(/[\p{Cc}\u202e]/u);
  expect(JSON.parse(json)).toEqual({ helper: hostile });
});

/** The kind of each column and, where it is not the name, its place; `*`: only on request. */
const TABLE = `
text   key
text   node *
text   family
text   proto protocol
number protonum *
text   state
list   status
number timeout
text   src original.src
text   dst original.dst
number sport original.sport
number dport original.dport
number orig.packets original.packets
number orig.bytes original.bytes
text   reply.src
text   reply.dst
number reply.sport
number reply.dport
number reply.packets
number reply.bytes
number packets original.packets+reply.packets *
number bytes original.bytes+reply.bytes *
number orig.rate rate.original *
number reply.rate rate.reply *
number rate rate.original+rate.reply *
text   first-seen firstSeen *
number icmp.type original.type
number icmp.code original.code
number icmp.id original.id
number reply.icmp.type reply.type
number reply.icmp.code reply.code
number reply.icmp.id reply.id
number gre.srckey original.srckey
number gre.dstkey original.dstkey
number reply.gre.srckey reply.srckey
number reply.gre.dstkey reply.dstkey
number mark
number zone
number orig.zone original.zone
number reply.zone
list   label labels
text   helper
text   secctx
number secmark
number use
number id
text   start
text   stop
number delta-time deltaTime
number orig.sctp.vtag protoinfo.vtag.original
number reply.sctp.vtag protoinfo.vtag.reply
text   dccp.role protoinfo.role
object protoinfo
object seqadj
object synproxy
object master
number portid
text   progname
object unknown
object extra
object original *
object reply *`;

test('the columns are these, in this order', () => {
  const shown = COLUMNS.map(({ name, kind, places, redundant }) => {
    const place = places.map(members => members.join('.')).join('+');
    return [kind.padEnd(6), name, ...(place === name ? [] : [place]), ...(redundant ? ['*'] : [])].join(' ');
  });
  expect(shown).toEqual(TABLE.trim().split('\n'));
  expect(COLUMNS.filter(column => 'redundant' in column && column.redundant !== true)).toEqual([]);
});

test('a place below a missing member has no value', () => {
  expect(valueAt({ family: 'ipv4' } as Flow, ['protoinfo', 'vtag', 'original'])).toBeUndefined();
  expect(columnValue({ ...flow, original: { ...flow.original, packets: 0 } }, findColumn('packets')!)).toBe(4);
});
