import { type Flow, FlowObjectCursor } from '@conntrack/flow';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FlowSet } from '../../src/index.js';
import { tcpFlow } from '../flows.js';

const cursor = (flow: Flow): FlowObjectCursor => new FlowObjectCursor(flow);
const nth = (n: number): FlowObjectCursor => cursor(tcpFlow(n & 0xff, { id: n }));

test('a set of flows behaves like a Set', () => {
  const steps = fc.array(fc.tuple(fc.constantFrom('add', 'delete', 'has'), fc.nat(120)), { maxLength: 600 });
  fc.assert(
    fc.property(steps, all => {
      const set = new FlowSet();
      const model = new Set<number>();
      for (const [step, n] of all) {
        const had = model.has(n);
        if (step === 'add') {
          expect(set.add(nth(n))).toBe(!had);
          model.add(n);
        } else if (step === 'delete') expect(set.delete(nth(n))).toBe(model.delete(n));
        else expect(set.has(nth(n))).toBe(had);
        expect(set.size).toBe(model.size);
      }
      for (let n = 0; n <= 120; n++) expect(set.has(nth(n))).toBe(model.has(n));
    }),
  );
});

test('200,000 flows take at most 22 bytes each, and the memory is freed', () => {
  const set = new FlowSet();
  for (let n = 0; n < 200_000; n++) expect(set.add(nth(n))).toBe(true);
  expect(set.bytes / set.size).toBeLessThanOrEqual(22);
  for (let n = 0; n < 200_000; n++) set.delete(nth(n));
  expect([set.size, set.bytes]).toEqual([0, 512]);
});

test('flows are distinguished by everything that identifies a connection', () => {
  const one = tcpFlow(1, { id: 7 });
  const others: Flow[] = [
    { ...one, id: 8 },
    { ...one, zone: 1 },
    { ...one, protonum: 17 },
    { ...one, original: { ...one.original, zone: 2 } },
    { ...one, original: { ...one.original, dport: 81 } },
    { ...one, original: { ...one.original, sport: 1 } },
    { ...one, original: { ...one.original, src: '10.0.0.9' } },
    { ...one, original: { ...one.original, dst: '10.0.0.9' } },
  ];
  const set = new FlowSet();
  for (const flow of [one, ...others]) expect(set.add(cursor(flow))).toBe(true);
  // Values that change during a flow's lifetime do not count.
  expect(set.has(cursor({ ...one, mark: 9, state: 'CLOSE', reply: { ...one.reply, bytes: 1 } }))).toBe(true);
});
