import type { Flow } from '@conntrack/flow';
import { formatIPv4, formatIPv6 } from '@conntrack/flow/codec';
import { printableJson } from '@conntrack/flow/text';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ipv4Text, ipv6Text } from '../../src/entry/address-text.js';
import { usualFlowOf } from '../../src/entry/usual-flow.js';
import { EntryCursor } from '../../src/index.js';
import { writeFlow } from '../../src/testing/write-flow.js';
import { MessageWriter } from '../../src/wire/writer.js';
import { anyEvent, usualFlow } from '../arbitraries.js';

/** A cursor on the entry of a flow. */
function cursorOn(flow: Flow, event?: 'new' | 'update' | 'destroy'): EntryCursor {
  const writer = new MessageWriter();
  writeFlow(writer, 1, flow, event);
  const cursor = new EntryCursor(writer.bytes(), writer.length, event !== undefined);
  cursor.next();
  return cursor;
}

test('an entry with the usual layout is decoded as attribute by attribute, with the members in the same order', () => {
  fc.assert(
    fc.property(usualFlow, anyEvent, (flow, event) => {
      const usual = usualFlowOf(cursorOn(flow, event));
      expect(usual).toEqual(flow);
      // An attribute of a newer kernel leads to the walk through all attributes.
      const { unknown, ...walked } = cursorOn({ ...flow, unknown: { 40: '07' } }, event).flow();
      expect(unknown).toEqual({ 40: '07' });
      expect(printableJson(usual)).toBe(printableJson(walked));
    }),
    { numRuns: 3000 },
  );
});

test('TCP flows with the same window scales and flags share one frozen object', () => {
  const tuple = { src: '10.0.0.1', dst: '10.0.0.2', sport: 1, dport: 2 };
  const flow: Flow = {
    id: 1,
    family: 'ipv4',
    protocol: 'tcp',
    protonum: 6,
    original: tuple,
    reply: tuple,
    state: 'ESTABLISHED',
    protoinfo: { wscale: { original: 7, reply: 9 }, flags: { original: ['SACK_PERM'], reply: [] } },
  };
  const [one, other] = [cursorOn(flow).flow(), cursorOn({ ...flow, id: 2 }).flow()];
  expect(one.protoinfo).toEqual(flow.protoinfo);
  expect(other.protoinfo).toBe(one.protoinfo);
  const { protoinfo } = one;
  for (const part of [protoinfo, protoinfo?.wscale, protoinfo?.flags, protoinfo?.flags?.original])
    expect(Object.isFrozen(part)).toBe(true);
});

test('addresses are formatted correctly, however many there are', () => {
  const wrong: string[] = [];
  for (let round = 0; round < 2; round++)
    for (let i = 0; i < 40_000; i++) {
      const word = Math.imul(i, 104_729) >>> 0;
      if (ipv4Text(word) !== formatIPv4(word)) wrong.push(formatIPv4(word));
      if (ipv6Text(word, 0, i, 0) !== formatIPv6(word, 0, i, 0)) wrong.push(formatIPv6(word, 0, i, 0));
    }
  expect(wrong).toEqual([]);
  expect([ipv4Text(0), ipv6Text(0, 0, 0, 0), ipv4Text(0xffffffff)]).toEqual(['0.0.0.0', '::', '255.255.255.255']);
});
