import { LabelMap } from '@conntrack/flow';
import { EntryCursor } from '@conntrack/netlink';
import { entry } from '@conntrack/netlink/testing';
import { ByteWriter, LineWriter, XmlWriter } from '@conntrack/netlink/text';
import { type FormatOptions, formatCtime, formatFlow } from '@conntrack/parser/format';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LineRow } from '../../netlink/src/entry/text/line-row.js';
import { XmlRow } from '../../netlink/src/entry/text/xml-row.js';
import { anyFlow } from '../../netlink/test/arbitraries.js';
import type { Style } from '../src/output/style.js';

const NOW = 1_780_000_000;
const map = new LabelMap('0 zero\n3 three\n64 sixty-four\n127 <last>\n');
const anyStyle: fc.Arbitrary<Style> = fc.record({
  format: fc.constant('line' as const),
  extended: fc.boolean(),
  id: fc.boolean(),
  timestamp: fc.constant(false),
  ctime: fc.constantFrom(undefined, (seconds: number) => formatCtime(seconds * 1000, 'local')),
  labels: fc.constantFrom(undefined, map),
});

/** Addresses whose texts are short, long, and have runs of zeros anywhere; numbers at the limits of their digits. */
const group = fc.constantFrom('0', '0', '0', '1', 'f', 'ff', 'abc', 'ffff', '1000');
const v6 = fc
  .array(group, { minLength: 8, maxLength: 8 })
  .map(groups => new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1));
const v4 = fc
  .tuple(...Array.from({ length: 4 }, () => fc.constantFrom(0, 1, 9, 10, 99, 100, 255)))
  .map(octets => octets.join('.'));
const edge = (most: number): fc.Arbitrary<number> =>
  fc.oneof(
    fc.nat(most),
    fc
      .tuple(fc.nat(15), fc.constantFrom(-1, 0, 1))
      .map(([power, more]) => Math.min(most, Math.max(0, 10 ** power + more))),
  );
const u16 = edge(0xffff);
const u32 = edge(0xffffffff);
const counter = edge(Number.MAX_SAFE_INTEGER);

/** Entries for the fast path: of each kind that it supports, without the parts that it leaves to the slow path. */
const commonFlow = anyFlow
  .filter(({ protonum }) => [1, 6, 17, 33, 58, 132, 136].includes(protonum))
  .chain(flow =>
    fc
      .record({
        src: flow.family === 'ipv4' ? v4 : v6,
        dst: flow.family === 'ipv4' ? v4 : v6,
        port: u16,
        counters: fc.option(fc.tuple(counter, counter, counter, counter), { nil: undefined }),
        nat: fc.boolean(),
        timeout: u32,
        mark: fc.option(u32, { nil: undefined }),
        use: u32,
        start: fc.option(fc.integer({ min: 1, max: NOW }), { nil: undefined }),
      })
      .map(({ src, dst, port, counters, nat, timeout, mark, use, start }) => {
        const { helper: _, secctx: __, secmark: ___, start: ____, stop: _____, labels: ______, ...rest } = flow;
        const tuple = (direction: 'original' | 'reply'): typeof flow.original => {
          const { zone: _zone, packets: _packets, bytes: _bytes, ...parts } = flow[direction];
          if (parts.sport !== undefined) parts.sport = port;
          const [packets, bytes] = counters === undefined ? [] : counters.slice(direction === 'original' ? 0 : 2);
          return { ...parts, ...(packets !== undefined && { packets }), ...(bytes !== undefined && { bytes }) };
        };
        const original = { ...tuple('original'), src, dst };
        const reply = nat ? tuple('reply') : { ...tuple('reply'), src: dst, dst: src };
        const began = start === undefined ? {} : { start: new Date(start * 1000).toISOString() };
        return { ...rest, original, reply, timeout, use, ...began, ...(mark !== undefined && { mark }) };
      }),
  );

/** A cursor at the flow's entry. */
function cursorOf(flow: Parameters<typeof entry>[0]): EntryCursor {
  const bytes = entry(flow)(1);
  const cursor = new EntryCursor(bytes, bytes.length);
  expect(cursor.next()).toBe(true);
  return cursor;
}

// Memory is reused: bytes of a longer row must not appear in the next one.
const out = new ByteWriter(16);
const written = (write: () => void): string => {
  out.at = 0;
  write();
  return Buffer.from(out.bytes.subarray(0, out.at)).toString();
};

const optionsOf = ({ extended, id, ctime, labels }: Style, format: 'conntrack' | 'xml'): FormatOptions => ({
  format,
  extended,
  id,
  ktimestamp: ctime !== undefined,
  labels: labels ?? false,
  now: NOW * 1000,
  xmlStates: 'own',
});

test('difference delta-time: an entry that starts in the future is 0 seconds old in lines and in XML', () => {
  fc.assert(
    fc.property(commonFlow, anyStyle, fc.integer({ min: NOW + 1, max: NOW + 1e9 }), (flow, style, start) => {
      const cursor = cursorOf({ ...flow, start: new Date(start * 1000).toISOString() });
      const lines = new LineWriter(style);
      const xml = new XmlWriter(style);
      lines.now = NOW;
      xml.now = NOW;
      expect(written(() => lines.line(cursor, out))).toContain(' delta-time=0 ');
      expect(written(() => xml.write(cursor, out))).toContain('<deltatime>0</deltatime>');
    }),
  );
});

describe.each([
  ['any entry', anyFlow],
  ['common entries', commonFlow],
] as const)('%s', (_name, flows) => {
  test('the line of an entry is that of formatFlow for its flow', () => {
    fc.assert(
      fc.property(flows, anyStyle, (flow, style) => {
        const lines = new LineWriter(style);
        lines.now = NOW;
        const cursor = cursorOf(flow);
        expect(written(() => lines.line(cursor, out))).toBe(
          `${formatFlow(cursor.flow(), optionsOf(style, 'conntrack'))}\n`,
        );
      }),
      { numRuns: 2000 },
    );
  });

  test('the XML element of an entry is that of formatFlow for its flow', () => {
    fc.assert(
      fc.property(flows, anyStyle, (flow, style) => {
        const xml = new XmlWriter(style);
        xml.now = NOW;
        const cursor = cursorOf(flow);
        expect(written(() => xml.write(cursor, out))).toBe(formatFlow(cursor.flow(), optionsOf(style, 'xml')));
      }),
      { numRuns: 2000 },
    );
  });
});

test('common entries use the fast path, and all others do not', () => {
  const style: Style = {
    format: 'line',
    extended: false,
    id: false,
    timestamp: false,
    ctime: undefined,
    labels: undefined,
  };
  const view = new DataView(new ArrayBuffer(4096));
  const both = (flow: Parameters<typeof entry>[0]): number[] => [
    new LineRow(style).put(cursorOf(flow), view, 0, NOW),
    new XmlRow(style).put(cursorOf(flow), view, 0, NOW),
  ];
  fc.assert(
    fc.property(commonFlow, flow => {
      for (const end of both(flow)) expect(end).toBeGreaterThan(0);
      for (const end of both({ ...flow, helper: 'ftp' })) expect(end).toBe(-1);
      for (const end of both({ ...flow, stop: '2026-01-01T00:00:00Z' })) expect(end).toBe(-1);
    }),
  );
});

test('a truncated entry is rejected or written, and never read beyond its end', () => {
  const style: Style = {
    format: 'line',
    extended: true,
    id: true,
    timestamp: false,
    ctime: undefined,
    labels: undefined,
  };
  const row = new LineRow(style);
  const view = new DataView(new ArrayBuffer(4096));
  fc.assert(
    fc.property(commonFlow, fc.nat(), (flow, where) => {
      const whole = entry(flow)(1);
      const bytes = whole.slice(0, 20 + (where % (whole.length - 20)));
      new DataView(bytes.buffer).setUint32(0, bytes.length, true);
      const cursor = new EntryCursor(bytes, bytes.length);
      expect(cursor.next()).toBe(true);
      expect(() => row.put(cursor, view, 0, NOW)).not.toThrow();
    }),
  );
});
