import { readFileSync } from 'node:fs';
import { type Flow, parseAddress, parsePrefix, prefixContains } from '@conntrack/flow';
import { parseBatches } from '@conntrack/parser/all';
import { formatFlow } from '@conntrack/parser/format';
import { expect, it } from 'vitest';
import { SAMPLE } from '../src/sample.js';

const bytes = readFileSync(SAMPLE);

async function flows(): Promise<Flow[]> {
  const all: Flow[] = [];
  const once = (async function* () {
    yield bytes;
  })();
  for await (const batch of parseBatches(once, { mode: 'strict' })) all.push(...batch);
  return all;
}

it('the sample is byte for byte what conntrack(8) prints', async () => {
  const options = { format: 'conntrack', extended: true, id: true, labels: true } as const;
  const text = (await flows()).map(flow => `${formatFlow(flow, options)}\n`).join('');
  expect(text).toBe(bytes.toString());
});

it('the sample has every protocol, NAT, zones and both families', async () => {
  const all = await flows();
  expect(new Set(all.map(flow => flow.protonum))).toEqual(new Set([1, 2, 6, 17, 33, 47, 50, 58, 132, 136]));
  expect(new Set(all.map(flow => flow.family))).toEqual(new Set(['ipv4', 'ipv6']));
  expect(all.filter(flow => flow.reply.dst !== flow.original.src).length).toBeGreaterThan(20);
  expect(all.filter(flow => flow.reply.src !== flow.original.dst).length).toBeGreaterThan(4);
  expect(new Set(all.map(flow => flow.zone ?? 0))).toEqual(new Set([0, 7, 9]));
  expect(all.every(flow => flow.id !== undefined && flow.key !== undefined)).toBe(true);
});

it('the sample has documentation addresses only (RFC 5737, RFC 6676, RFC 3849)', async () => {
  const prefixes = ['192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24', '233.252.0.0/24', '2001:db8::/32'].map(
    text => parsePrefix(text)!,
  );
  for (const { original, reply } of await flows())
    for (const text of [original.src, original.dst, reply.src, reply.dst])
      expect(
        prefixes.some(prefix => prefixContains(prefix, parseAddress(text)!)),
        text,
      ).toBe(true);
});
