// What is looked at just before it is changed, and what follows from that: requests of a client to a kernel that answers as the test says.
import type { Flow, FlowChange, FlowRef, StatusName } from '@conntrack/flow';
import { describe, expect, test } from 'vitest';
import { Conntrack } from '../../src/index.js';
import { acknowledgement, entry, scriptedKernel } from '../../src/testing/index.js';
import { collect, failure } from '../support.js';

const ENDS = { src: '192.0.2.1', dst: '192.0.2.2' };
const TURNED = { src: '192.0.2.2', dst: '192.0.2.1' };
const PORTS = { sport: 0, dport: 9 };

const flowOf = (protonum: number, parts: object, more: object = {}): Flow =>
  ({
    family: 'ipv4',
    protonum,
    protocol: '',
    original: { ...ENDS, ...parts },
    reply: { ...TURNED, ...parts },
    id: 7,
    ...more,
  }) as Flow;

const refTo = (protonum: number, parts: object, more: object = {}): FlowRef => ({
  family: 'ipv4',
  protonum,
  original: { ...ENDS, ...parts },
  ...more,
});

/** A client of a kernel that has this entry for whatever is looked up; and the names of the requests that it was sent. */
function kernelWith(there: Flow) {
  const kernel = scriptedKernel(({ text }) => (text.startsWith('CT_GET') ? [entry(there)] : [acknowledgement()]));
  return {
    conntrack: Conntrack.open({ native: kernel.native }),
    asked: () => kernel.requests.map(({ text }) => text.split(' ', 1)[0]),
    last: () => kernel.requests.at(-1)!.text,
  };
}

describe('an update', () => {
  const NEEDS: readonly [why: string, protonum: number, parts: object, more: object, change: FlowChange][] = [
    ['the id', 17, PORTS, { id: 7 }, { mark: 1 }],
    ['the reply tuple', 17, PORTS, { reply: { ...TURNED, ...PORTS } }, { mark: 1 }],
    ['the status', 17, PORTS, {}, { status: ['ASSURED'] }],
    ['the ports of a protocol whose tracker may be absent', 132, PORTS, {}, { mark: 1 }],
  ];
  test.each(NEEDS)('looks at the entry where %s matters', async (_, protonum, parts, more, change) => {
    const { conntrack, asked } = kernelWith(flowOf(protonum, parts));
    await conntrack.update(refTo(protonum, parts, more), change);
    expect(asked()).toEqual(['CT_GET', 'CT_NEW']);
  });

  test('is sent alone where nothing depends on the entry as it is', async () => {
    const { conntrack, asked } = kernelWith(flowOf(17, PORTS));
    await conntrack.update(refTo(17, PORTS), { mark: 1 });
    await conntrack.update(refTo(132, {}), { mark: 1 });
    expect(asked()).toEqual(['CT_NEW', 'CT_NEW']);
  });

  test('of an entry that has no port at all, where ports were asked for, changes nothing', async () => {
    for (const [protonum, parts] of [
      [33, PORTS],
      [132, PORTS],
      [136, PORTS],
      [47, { srckey: 0, dstkey: 9 }],
    ] as const) {
      const { conntrack, asked } = kernelWith(flowOf(protonum, {}));
      const ref = refTo(protonum, parts);
      expect((await failure(conntrack.update(ref, { mark: 1 }))).code).toBe('ENOENT');
      expect(await collect(conntrack.updateMany([ref], { mark: 1 }))).toEqual([{ outcome: 'gone' }]);
      expect(asked()).toEqual(['CT_GET', 'CT_GET']);
    }
  });

  test('of an entry whose port or key is 0 is made', async () => {
    for (const [protonum, parts] of [
      [132, PORTS],
      [47, { srckey: 0, dstkey: 9 }],
    ] as const) {
      const { conntrack, asked } = kernelWith(flowOf(protonum, parts));
      await conntrack.update(refTo(protonum, parts), { mark: 1 });
      expect(asked()).toEqual(['CT_GET', 'CT_NEW']);
    }
  });

  test('of another connection on the tuple fails with a sentence', async () => {
    const { conntrack, asked } = kernelWith(flowOf(17, PORTS, { id: 8 }));
    expect(await failure(conntrack.update(refTo(17, PORTS, { id: 7 }), { mark: 1 }))).toMatchObject({
      code: 'FLOW_REPLACED',
      operation: 'update',
      message: 'another connection has this tuple now',
    });
    expect(asked()).toEqual(['CT_GET']);
  });

  test('of the status sends the bits that are there with those to be set', async () => {
    const set = async (there: readonly StatusName[] | undefined, status: readonly StatusName[]): Promise<string> => {
      const { conntrack, last } = kernelWith(flowOf(17, PORTS, there && { status: there }));
      await conntrack.update(refTo(17, PORTS), { status });
      return /CTA_STATUS=(\S+)/.exec(last())![1]!;
    };
    expect(await set(['SEEN_REPLY', 'CONFIRMED'], ['ASSURED'])).toBe(String(2 | 4 | 8));
    expect(await set(undefined, ['ASSURED'])).toBe('4');
  });

  test('without a status sends none, though the entry was looked at', async () => {
    const { conntrack, last } = kernelWith(flowOf(17, PORTS, { status: ['CONFIRMED'] }));
    await conntrack.update(refTo(17, PORTS, { id: 7 }), { mark: 1 });
    expect(last()).not.toContain('CTA_STATUS');
  });
});

describe('a batch', () => {
  test('of deletes looks at those entries alone whose ports the kernel may ignore and that have no id', async () => {
    const { conntrack, asked } = kernelWith(flowOf(132, PORTS));
    const refs = [refTo(17, PORTS), refTo(132, PORTS, { id: 7 }), refTo(132, PORTS)];
    expect(await collect(conntrack.deleteMany(refs))).toHaveLength(3);
    expect(asked().filter(name => name === 'CT_GET')).toHaveLength(1);
  });

  test('of updates looks at those entries alone that it has to', async () => {
    const { conntrack, asked } = kernelWith(flowOf(17, PORTS));
    await collect(conntrack.updateMany([refTo(17, PORTS), refTo(17, PORTS, { id: 7 })], { mark: 1 }));
    expect(asked().filter(name => name === 'CT_GET')).toHaveLength(1);
  });
});
