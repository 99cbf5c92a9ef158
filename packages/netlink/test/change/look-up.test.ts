// Look-ups just before a change, and what follows from them: a client sends its requests to a kernel that answers as the test says.
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

/** A client of a kernel that returns this entry for every look-up; and the names of the requests that it received. */
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
  test.each(NEEDS)('an update looks its entry up if %s matters', async (_, protonum, parts, more, change) => {
    const { conntrack, asked } = kernelWith(flowOf(protonum, parts));
    await conntrack.update(refTo(protonum, parts, more), change);
    expect(asked()).toEqual(['CT_GET', 'CT_NEW']);
  });

  test('an update is sent without a look-up if nothing depends on the entry', async () => {
    const { conntrack, asked } = kernelWith(flowOf(17, PORTS));
    await conntrack.update(refTo(17, PORTS), { mark: 1 });
    await conntrack.update(refTo(132, {}), { mark: 1 });
    expect(asked()).toEqual(['CT_NEW', 'CT_NEW']);
  });

  test('an update with ports changes nothing if the entry has no ports', async () => {
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

  test('an update of an entry whose port or key is 0 is made', async () => {
    for (const [protonum, parts] of [
      [132, PORTS],
      [47, { srckey: 0, dstkey: 9 }],
    ] as const) {
      const { conntrack, asked } = kernelWith(flowOf(protonum, parts));
      await conntrack.update(refTo(protonum, parts), { mark: 1 });
      expect(asked()).toEqual(['CT_GET', 'CT_NEW']);
    }
  });

  test('an update of a successor fails with a sentence', async () => {
    const { conntrack, asked } = kernelWith(flowOf(17, PORTS, { id: 8 }));
    expect(await failure(conntrack.update(refTo(17, PORTS, { id: 7 }), { mark: 1 }))).toMatchObject({
      code: 'FLOW_REPLACED',
      operation: 'update',
      message: 'another connection has this tuple now',
    });
    expect(asked()).toEqual(['CT_GET']);
  });

  test('an update of the status sends the entry’s bits together with the new ones', async () => {
    const set = async (there: readonly StatusName[] | undefined, status: readonly StatusName[]): Promise<string> => {
      const { conntrack, last } = kernelWith(flowOf(17, PORTS, there && { status: there }));
      await conntrack.update(refTo(17, PORTS), { status });
      return /CTA_STATUS=(\S+)/.exec(last())![1]!;
    };
    expect(await set(['SEEN_REPLY', 'CONFIRMED'], ['ASSURED'])).toBe(String(2 | 4 | 8));
    expect(await set(undefined, ['ASSURED'])).toBe('4');
  });

  test('an update without a status sends none, even if the entry was looked up', async () => {
    const { conntrack, last } = kernelWith(flowOf(17, PORTS, { status: ['CONFIRMED'] }));
    await conntrack.update(refTo(17, PORTS, { id: 7 }), { mark: 1 });
    expect(last()).not.toContain('CTA_STATUS');
  });
});

describe('a batch', () => {
  test('a batch of deletes looks up only entries without an id whose ports the kernel may ignore', async () => {
    const { conntrack, asked } = kernelWith(flowOf(132, PORTS));
    const refs = [refTo(17, PORTS), refTo(132, PORTS, { id: 7 }), refTo(132, PORTS)];
    expect(await collect(conntrack.deleteMany(refs))).toHaveLength(3);
    expect(asked().filter(name => name === 'CT_GET')).toHaveLength(1);
  });

  test('a batch of updates looks up only the entries that need it', async () => {
    const { conntrack, asked } = kernelWith(flowOf(17, PORTS));
    await collect(conntrack.updateMany([refTo(17, PORTS), refTo(17, PORTS, { id: 7 })], { mark: 1 }));
    expect(asked().filter(name => name === 'CT_GET')).toHaveLength(1);
  });
});
