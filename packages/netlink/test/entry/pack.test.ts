import { type Flow, FlowObjectCursor } from '@conntrack/flow';
import { PackedEntry, packCursor, packIdentity, tcpInfoOf } from '@conntrack/flow/codec';
import { formatNanoseconds } from '@conntrack/flow/text';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EntryCursor } from '../../src/index.js';
import { writeFlow } from '../../src/testing/write-flow.js';
import { MessageWriter } from '../../src/wire/writer.js';
import { anyEvent, anyFlow, usualFlow } from '../arbitraries.js';

type Event = 'new' | 'update' | 'destroy' | undefined;

function packed(flow: Flow, event: Event): PackedEntry {
  const writer = new MessageWriter();
  writeFlow(writer, 1, flow, event);
  const cursor = new EntryCursor(writer.bytes(), writer.length, event !== undefined);
  cursor.next();
  const entry = new PackedEntry();
  cursor.pack(entry);
  // Only the last words of IPv4 addresses are valid.
  if (!entry.v6) for (let at = 0; at < 16; at++) if (at % 4 !== 3) entry.addresses[at] = 0;
  return entry;
}

function expected(flow: Flow, event: Event): PackedEntry {
  const cursor = new FlowObjectCursor(flow);
  const entry = new PackedEntry();
  if (event === 'destroy') packIdentity(cursor, entry);
  else packCursor(cursor, entry);
  if (!entry.v6) for (let at = 0; at < 16; at++) if (at % 4 !== 3) entry.addresses[at] = 0;
  return entry;
}

/** What a cursor over flows cannot tell. */
const bytesOnly = ({ tcp, startHigh, startLow, idleSynproxy, rare }: PackedEntry) => ({
  tcp,
  startHigh,
  startLow,
  idleSynproxy,
  rare,
});

test('an entry is packed into the numbers of its flow, whatever its layout; of an end, only the identity is', () => {
  fc.assert(
    fc.property(fc.oneof(usualFlow, anyFlow), anyEvent, (flow, event) => {
      const entry = packed(flow, event);
      expect({ ...entry, ...bytesOnly(expected(flow, event)) }).toEqual(expected(flow, event));
      if (event === 'destroy') return;
      const { protoinfo, start, synproxy } = flow;
      const idle = synproxy !== undefined && Object.values(synproxy).every(value => value === 0);
      const whole = protoinfo?.wscale !== undefined && protoinfo.flags !== undefined;
      if (whole) expect(tcpInfoOf(entry.tcp)).toEqual(protoinfo);
      else expect(entry.tcp).toBe(-1);
      expect(formatNanoseconds(entry.startHigh, entry.startLow)).toBe(start ?? '1970-01-01T00:00:00.000000000Z');
      expect(entry.idleSynproxy).toBe(idle);
      const { labels, secctx, secmark, helper, seqadj, master, unknown } = flow;
      const others = [labels, secctx, secmark, helper, seqadj, master, unknown, flow.stop];
      const rare =
        others.some(value => value !== undefined) ||
        (synproxy !== undefined && !idle) ||
        (flow.protonum !== 6 && (protoinfo !== undefined || flow.state !== undefined));
      if (rare) expect(entry.rare).toBe(true);
      else expect(entry.rare).toBe(false);
    }),
    { numRuns: 3000 },
  );
});
