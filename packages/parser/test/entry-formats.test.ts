// A list of the kernel's table, written directly from its bytes, equals the text of its flows: both presets of a name agree.
import { type Flow, LabelMap } from '@conntrack/flow';
import { COLUMNS } from '@conntrack/flow/columns';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EntryCursor } from '../../netlink/src/entry/cursor.js';
import { entry } from '../../netlink/src/testing/index.js';
import { entryFormat, NEEDS_FLOW, NO_ROOM } from '../../netlink/src/text.js';
import { anyFlow, usualFlow } from '../../netlink/test/arbitraries.js';
import { flowWriter, PRESET_NAMES, type PresetName, type WriterOptions } from '../src/presets.js';

const NOW = 1_780_000_000_000;
const map = new LabelMap('0 zero\n3 three\n64 sixty-four\n');
const out = Buffer.alloc(256 * 1024, 0x21);

function cursorOf(flow: Flow): EntryCursor {
  const bytes = entry(flow)(1);
  const cursor = new EntryCursor(bytes, bytes.length);
  cursor.next();
  return cursor;
}

/** Flows with and without rare fields. Some formats write rare fields from the flow. */
const sparseFlows = fc.tuple(anyFlow, fc.boolean()).map(([flow, rare]): Flow => {
  const { seqadj: _, synproxy: __, master: ___, unknown: ____, portid: _____, ...usual } = flow;
  return rare ? flow : { ...usual, id: flow.id ?? 1 };
});

/** Half of the flows have only common fields: those take the fast path. */
const mostFlows = fc.oneof(sparseFlows, usualFlow);

const anyOptions: fc.Arbitrary<WriterOptions> = fc.record({
  now: fc.constant(NOW),
  id: fc.boolean(),
  labels: fc.constantFrom(false, map),
});

describe.each(PRESET_NAMES)('%s', preset => {
  test('the text of an entry’s bytes equals the text of its flow', () => {
    let written = 0;
    let all = 0;
    fc.assert(
      fc.property(mostFlows, anyOptions, fc.nat(50), (flow, options, at) => {
        const cursor = cursorOf(flow);
        const format = entryFormat(preset, options)!;
        out.fill(0x21, 0, at);
        const end = cursor.write(format, out, at);
        all++;
        if (end === NEEDS_FLOW) return;
        written++;
        expect(out.toString('utf8', at, end)).toBe(flowWriter(preset, options).line(cursor.flow()));
        expect(out.toString('latin1', 0, at)).toBe('!'.repeat(at));
        expect(cursor.write(format, out.subarray(0, 60), 0)).toBe(NO_ROOM);
      }),
      { numRuns: 2000 },
    );
    expect(written / all).toBeGreaterThan(0.1);
  });

  test('the entries of an ordinary table are written without flows', () => {
    const tuple = { src: '10.0.0.1', dst: '10.0.0.2', sport: 1, dport: 2, packets: 1, bytes: 60 };
    const flows = [
      {
        protocol: 'udp',
        protonum: 17,
        original: tuple,
        zone: 3,
        labels: [1, 2],
        start: '2026-01-01T00:00:00.000000001Z',
      },
      {
        protocol: 'tcp',
        protonum: 6,
        original: tuple,
        state: 'ESTABLISHED',
        helper: 'ftp',
        protoinfo: {
          wscale: { original: 7, reply: 7 },
          flags: { original: ['WINDOW_SCALE'], reply: ['SACK_PERM'] },
        },
      },
      {
        protocol: 'tcp',
        protonum: 6,
        original: tuple,
        state: 'NONE',
        protoinfo: { wscale: { original: 0, reply: 0 }, flags: { original: [], reply: [] } },
        synproxy: { isn: 0, its: 4_294_967_295, tsoff: 7 },
      },
      {
        protocol: 'udp',
        protonum: 17,
        original: tuple,
        secctx: 'system_u:object_r:unlabeled_t:s0',
        synproxy: { isn: 1, its: 2, tsoff: 3 },
        stop: '2026-01-01T00:00:01.999999999Z',
        start: '1970-01-01T00:00:00.000000009Z',
      },
      { protocol: 'icmp', protonum: 1, original: { src: '10.0.0.1', dst: '10.0.0.2', type: 8, code: 0, id: 7 } },
    ];
    for (const flow of flows) {
      const { original } = flow;
      const whole = {
        id: 4_000_000_000,
        family: 'ipv4',
        reply: { ...original, src: original.dst, dst: original.src },
        status: ['SEEN_REPLY', 'ASSURED', 'CONFIRMED'],
        timeout: 100,
        mark: 7,
        use: 1,
        ...flow,
      } as Flow;
      const cursor = cursorOf(whole);
      const end = cursor.write(entryFormat(preset, { now: NOW })!, out, 0);
      expect(out.toString('utf8', 0, Math.max(0, end))).toBe(flowWriter(preset, { now: NOW }).line(cursor.flow()));
    }
  });
});

test('each CSV column has the same text from bytes and from flows, in any order', () => {
  fc.assert(
    fc.property(mostFlows, fc.shuffledSubarray([...COLUMNS], { minLength: 1 }), (flow, columns) => {
      const format = entryFormat('csv', { columns });
      if (format === undefined) {
        expect(columns.some(({ name }) => name === 'original' || name === 'reply')).toBe(true);
        return;
      }
      const cursor = cursorOf(flow);
      const end = cursor.write(format, out, 0);
      if (end === NEEDS_FLOW) return;
      expect(out.toString('utf8', 0, end)).toBe(flowWriter('csv', { columns }).line(cursor.flow()));
    }),
    { numRuns: 2000 },
  );
});

test('a format that is only written from flows is not offered for bytes', () => {
  expect(entryFormat('plain', { ktimestamp: true })).toBeUndefined();
  expect(entryFormat('extended', { labels: true })).toBeUndefined();
  expect(entryFormat('toString' as PresetName)).toBeUndefined();
});
