import { type Flow, FlowObjectCursor } from '@conntrack/flow';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EntryCursor } from '../../src/entry/cursor.js';
import { putDuration, putQuantity } from '../../src/entry/text/quantities.js';
import { entry } from '../../src/testing/index.js';
import { ByteWriter, NO_ROOM, TABLE_COLUMNS, TableRow, tableCells, tableFormat } from '../../src/text.js';
import { anyFlow, usualFlow } from '../arbitraries.js';

const NOW = 1_780_000_000_000;
const out = Buffer.alloc(64 * 1024, 0x21);

function cursorOf(flow: Flow): EntryCursor {
  const bytes = entry(flow)(1);
  const cursor = new EntryCursor(bytes, bytes.length);
  cursor.next();
  return cursor;
}

const tcp: Flow = {
  family: 'ipv4',
  protocol: 'tcp',
  protonum: 6,
  state: 'ESTABLISHED',
  status: ['SEEN_REPLY', 'ASSURED', 'CONFIRMED', 'SRC_NAT'],
  timeout: 431_999,
  original: { src: '192.0.2.1', dst: '198.51.100.1', sport: 40_000, dport: 443, packets: 10, bytes: 12_345 },
  reply: { src: '198.51.100.1', dst: '203.0.113.7', sport: 443, dport: 40_123, packets: 9, bytes: 1_000_000 },
  mark: 7,
  id: 5,
};
const names = TABLE_COLUMNS.map(({ name }) => name);
const cells = (flow: Flow): Record<string, string> =>
  Object.fromEntries(tableCells(TABLE_COLUMNS, cursorOf(flow), NOW).map((cell, i) => [names[i]!, cell]));

describe('a table of flows', () => {
  it('the bytes of an entry, its flow and its cells make the same line', () => {
    let usual = 0;
    fc.assert(
      fc.property(
        fc.oneof(anyFlow, usualFlow),
        fc.subarray([...TABLE_COLUMNS], { minLength: 1 }),
        fc.array(fc.nat(40), { minLength: names.length, maxLength: names.length }),
        fc.nat(50),
        (flow, columns, widths, at) => {
          const placed = columns.map((column, i) => ({ ...column, width: widths[i]! }));
          const cursor = cursorOf(flow);
          const expected = tableCells(columns, cursor, NOW)
            .map((cell, i) => {
              const { right, width } = placed[i]!;
              if (right) return (cell || '-').padStart(width);
              return i === columns.length - 1 ? cell || '-' : (cell || '-').padEnd(width);
            })
            .join('  ');
          const format = tableFormat(placed, NOW);
          out.fill(0x21, 0, at);
          const end = cursor.write(format, out, at);
          expect(out.toString('utf8', at, end)).toBe(`${expected}\n`);
          expect(out.toString('latin1', 0, at)).toBe('!'.repeat(at));
          expect(cursor.write(format, out.subarray(0, 60), 0)).toBe(NO_ROOM);
          const writer = new ByteWriter(8192);
          new TableRow(placed, NOW).write(new FlowObjectCursor(cursor.flow()), writer);
          expect(Buffer.from(writer.bytes.subarray(0, writer.at)).toString()).toBe(`${expected}\n`);
          usual++;
        },
      ),
      { numRuns: 1000 },
    );
    expect(usual).toBeGreaterThan(0);
  });

  it('a translated connection shows its public address', () => {
    expect(cells(tcp)).toEqual({
      proto: 'tcp',
      state: 'ESTABLISHED',
      source: '192.0.2.1:40000',
      destination: '198.51.100.1:443',
      nat: 'snat -> 203.0.113.7:40123',
      packets: '19',
      bytes: '1.01M',
      rate: '',
      age: '',
      timeout: '4d23h',
      mark: '7',
      zone: '',
      status: 'SEEN_REPLY,ASSURED,CONFIRMED,SRC_NAT',
      helper: '',
      id: '5',
    });
  });

  it('the rate of a flow that an index listed is that of both directions', () => {
    const cursor = new FlowObjectCursor({ ...tcp, rate: { original: 2_000_000, reply: 500_000 } });
    expect(tableCells(TABLE_COLUMNS, cursor, NOW)[names.indexOf('rate')]).toBe('2.50M');
  });

  it('both translations are shown, and a reply that differs without NAT is not one', () => {
    const both: Flow = {
      ...tcp,
      status: ['CONFIRMED', 'SRC_NAT', 'DST_NAT'],
      reply: { src: '10.0.0.8', dst: '203.0.113.7', sport: 8080, dport: 1 },
    };
    expect(cells(both).nat).toBe('snat -> 203.0.113.7:1, dnat -> 10.0.0.8:8080');
    expect(cells({ ...both, status: ['CONFIRMED'] }).nat).toBe('');
  });

  it('IPv6, ICMP and GRE have their own ends', () => {
    const v6: Flow = {
      ...tcp,
      family: 'ipv6',
      status: ['CONFIRMED'],
      original: { src: '2001:db8::1', dst: '2001:db8::2', sport: 1, dport: 2 },
      reply: { src: '2001:db8::2', dst: '2001:db8::1', sport: 2, dport: 1 },
    };
    expect(cells(v6)).toMatchObject({ source: '[2001:db8::1]:1', destination: '[2001:db8::2]:2' });
    const { state: _, ...stateless } = tcp;
    const icmp: Flow = {
      ...stateless,
      protocol: 'icmp',
      protonum: 1,
      status: ['CONFIRMED'],
      original: { src: '192.0.2.1', dst: '192.0.2.2', type: 8, code: 0, id: 77 },
      reply: { src: '192.0.2.2', dst: '192.0.2.1', type: 0, code: 0, id: 77 },
    };
    expect(cells(icmp)).toMatchObject({
      state: 'UNREPLIED',
      source: '192.0.2.1',
      destination: '192.0.2.2 type=8 id=77',
    });
    const gre: Flow = {
      ...stateless,
      protocol: 'gre',
      protonum: 47,
      original: { src: '192.0.2.1', dst: '192.0.2.2', srckey: 5, dstkey: 6 },
      reply: { src: '192.0.2.2', dst: '192.0.2.1', srckey: 6, dstkey: 5 },
    };
    expect(cells(gre)).toMatchObject({ source: '192.0.2.1 key=5', destination: '192.0.2.2 key=6' });
  });

  it('a connection without a state shows whether it has an answer, and offloading', () => {
    const { state: _, ...stateless } = tcp;
    const stateOf = (...status: NonNullable<Flow['status']>) => cells({ ...stateless, status }).state;
    expect(stateOf('CONFIRMED')).toBe('UNREPLIED');
    expect(stateOf('SEEN_REPLY')).toBe('SEEN_REPLY');
    expect(stateOf('SEEN_REPLY', 'ASSURED')).toBe('ASSURED');
    expect(stateOf('SEEN_REPLY', 'ASSURED', 'OFFLOAD')).toBe('OFFLOAD');
    expect(stateOf('SEEN_REPLY', 'OFFLOAD', 'HW_OFFLOAD')).toBe('HW_OFFLOAD');
  });

  it('an age is the time since the start', () => {
    expect(cells({ ...tcp, start: new Date(NOW - 90_500).toISOString().replace('Z', '000000Z') }).age).toBe('1m30s');
    expect(cells({ ...tcp, start: new Date(NOW + 90_500).toISOString().replace('Z', '000000Z') }).age).toBe('');
  });
});

const written = (put: (view: DataView, at: number, value: number) => number, value: number): string => {
  const view = new DataView(new ArrayBuffer(64));
  return Buffer.from(view.buffer, 0, put(view, 0, value)).toString();
};

it.each([
  [0, '0'],
  [9999, '9999'],
  [10_000, '10.0K'],
  [12_399, '12.3K'],
  [999_999, '999K'],
  [1_000_000, '1.00M'],
  [1_059_999, '1.05M'],
  [123_456_789, '123M'],
  [5_000_000_000, '5.00G'],
  [7_200_000_000_000, '7.20T'],
  [Number.MAX_SAFE_INTEGER, '9.00P'],
])('the quantity %d is written as %s', (value, text) => expect(written(putQuantity, value)).toBe(text));

it.each([
  [0, '0s'],
  [59, '59s'],
  [60, '1m00s'],
  [3599, '59m59s'],
  [3600, '1h00m'],
  [86_399, '23h59m'],
  [86_400, '1d00h'],
  [431_999, '4d23h'],
  [4_294_967_295, '49710d06h'],
])('%d seconds are written as %s', (value, text) => expect(written(putDuration, value)).toBe(text));
