import { spawnSync } from 'node:child_process';
import type { Flow, FlowTuple } from '@conntrack/flow';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { anyNewFlow } from '../arbitraries.js';
import { collect, privateTable } from '../support.js';

/** Reads one flow of conntrack(8)'s XML as our object, independent of every parser of the project. */
function flowOfXml(xml: string): Record<string, unknown> {
  const section = (direction: string): string =>
    new RegExp(`<meta direction="${direction}">(.*?)</meta>`, 's').exec(xml)?.[1] ?? '';
  const numbers = ['sport', 'dport', 'type', 'code', 'srckey', 'dstkey'];
  const tuple = (text: string): Record<string, unknown> => {
    const fields = Object.fromEntries(
      [...text.matchAll(/<(\w+)>([^<]*)<\/\1>/g)].map(([, name, value]) => [name, value]),
    );
    return Object.fromEntries(
      Object.entries(fields).map(([name, value]) => [
        name,
        numbers.includes(name) || name === 'id' ? Number(value) : value,
      ]),
    );
  };
  const rest = section('independent');
  const value = (name: string): string | undefined => new RegExp(`<${name}>([^<]*)</${name}>`).exec(rest)?.[1];
  return {
    id: Number(value('id')),
    family: /<layer3 protonum="\d+" protoname="(\w+)">/.exec(xml)?.[1],
    protonum: Number(/<layer4 protonum="(\d+)"/.exec(xml)?.[1]),
    original: tuple(section('original')),
    reply: tuple(section('reply')),
    // The XML names SCTP's states by TCP's table (1.4.7).
    ...(value('state') !== undefined && !xml.includes('protoname="sctp"') && { state: value('state') }),
    mark: Number(value('mark')),
    zone: Number(value('zone') ?? 0),
    assured: rest.includes('<assured/>'),
    unreplied: rest.includes('<unreplied/>'),
  };
}

const shown = (flow: Flow): Record<string, unknown> => {
  // The ICMP part of a tuple is not in conntrack(8)'s XML. It is compared with the text.
  const tuple = ({ packets: _, bytes: __, type: ___, code: ____, id: _____, ...fields }: FlowTuple): FlowTuple =>
    fields;
  return {
    id: flow.id,
    family: flow.family,
    protonum: flow.protonum,
    original: tuple(flow.original),
    reply: tuple(flow.reply),
    ...(flow.state !== undefined && flow.protonum !== 132 && { state: flow.state }),
    mark: flow.mark,
    zone: flow.zone ?? 0,
    assured: flow.status!.includes('ASSURED'),
    unreplied: !flow.status!.includes('SEEN_REPLY'),
  };
};

test('thousands of random entries have the fields that conntrack(8) shows', async context => {
  const conntrack = privateTable(context);
  const path = `/proc/${process.pid}/fd/${conntrack.netns}`;
  const inside = (...args: string[]) =>
    spawnSync('nsenter', [`--net=${path}`, 'conntrack', ...args], { encoding: 'utf8', maxBuffer: 2 ** 28 });
  if (inside('--version').status !== 0) context.skip('conntrack(8) is not installed');
  for (const flow of fc.sample(anyNewFlow, 3000)) await conntrack.create(flow, { replace: true });
  const flows = await collect(conntrack.list());
  const ours = flows.map(shown);
  expect(ours.length).toBeGreaterThan(2500);
  for (const family of ['ipv4', 'ipv6'] as const) {
    const { stdout } = inside('-L', '-f', family, '-o', 'xml,id');
    const theirs = [...stdout.matchAll(/<flow>.*?<\/flow>/gs)].map(([xml]) => flowOfXml(xml));
    const byId = (one: Record<string, unknown>, other: Record<string, unknown>): number =>
      Number(one.id) - Number(other.id);
    const lines = inside('-L', '-f', family, '-o', 'extended,id').stdout.split('\n');
    for (const line of lines.filter(text => text.includes(' type='))) {
      const numbers = [...line.matchAll(/ (?:type|code|id)=(\d+)/g)].map(([, digits]) => Number(digits));
      const { original, reply } = flows.find(({ id }) => id === numbers[6])!;
      expect(numbers.slice(0, 6)).toEqual([original, reply].flatMap(({ type, code, id }) => [type, code, id]));
    }
    expect(ours.filter(flow => flow.family === family).sort(byId)).toEqual(theirs.sort(byId));
  }
});
