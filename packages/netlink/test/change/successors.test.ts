// Connections that replace another one on its tuple, often with the same id: what a delete and an update do to them.
import { type Flow, type FlowRef, invertTuple, type NewFlow, refOf, type Tuple } from '@conntrack/flow';
import { describe, expect, test } from 'vitest';
import type { Conntrack } from '../../src/index.js';
import { collect, failure, privateTable, ref, tcp, udp } from '../support.js';

/**
 * Makes a target and a successor with its original tuple and id. The kernel reuses a place in memory only by chance, so this is repeated
 * until it does.
 */
async function replaced(conntrack: Conntrack, target: NewFlow, successor: NewFlow): Promise<{ was: Flow; now: Flow }> {
  for (let attempt = 0; attempt < 20_000; attempt++) {
    await conntrack.create(target);
    const was = (await conntrack.get(ref(target)))!;
    await conntrack.delete(was);
    await conntrack.create(successor);
    const now = (await conntrack.get(ref(successor)))!;
    if (now.id === was.id) return { was, now };
    await conntrack.delete(now);
  }
  throw new Error('no successor got the id of its target');
}

const to = (address: string, port?: number) => ({ nat: { dst: { address, ...(port !== undefined && { port }) } } });
const from = (address: string, port?: number) => ({ nat: { src: { address, ...(port !== undefined && { port }) } } });
const v6 = { family: 'ipv6', original: { src: '2001:db8::1', dst: '2001:db8::2', sport: 1, dport: 53 } } as const;
const ping: NewFlow = {
  ...udp(1),
  protonum: 1,
  original: { src: '10.0.0.1', dst: '10.0.0.2', type: 8, code: 0, id: 7 },
};

const REPLACED: readonly [what: string, target: NewFlow, successor: NewFlow][] = [
  ['another backend', udp(1, to('10.9.0.1')), udp(1, to('10.9.0.2'))],
  ['another port of the backend', tcp(1, to('10.9.0.1', 8080)), tcp(1, to('10.9.0.1', 8081))],
  ['another public port', udp(1, from('203.0.113.1', 7000)), udp(1, from('203.0.113.1', 7001))],
  ['a translation where there was none', udp(1), udp(1, to('10.9.0.1'))],
  ['no translation where there was one', udp(1, to('10.9.0.1')), udp(1)],
  ['another backend over IPv6', udp(1, { ...v6, ...to('2001:db8::a') }), udp(1, { ...v6, ...to('2001:db8::b') })],
  ['another backend of a ping', { ...ping, ...to('10.9.0.1') }, { ...ping, ...to('10.9.0.2') }],
];

describe('a successor with the id of its target', () => {
  test.for(REPLACED)(
    'a successor with the same id is not deleted if it has %s',
    async ([, target, successor], context) => {
      const conntrack = privateTable(context);
      const { was, now } = await replaced(conntrack, target, successor);
      expect((await failure(conntrack.delete(was))).code).toBe('ENOENT');
      const gone = { outcome: 'gone' };
      expect(await collect(conntrack.deleteMany([was, refOf(was)]))).toEqual([gone, gone]);
      expect((await conntrack.get(ref(successor)))?.id).toBe(now.id);
      expect(await collect(conntrack.deleteMany([now]))).toEqual([{ outcome: 'done' }]);
      expect((await conntrack.count()).count).toBe(0);
    },
  );

  test.for(REPLACED)(
    'a successor with the same id is not updated if it has %s',
    async ([, target, successor], context) => {
      const conntrack = privateTable(context);
      const { was, now } = await replaced(conntrack, target, successor);
      expect((await failure(conntrack.update(was, { mark: 9 }))).code).toBe('FLOW_REPLACED');
      expect(await collect(conntrack.updateMany([was, now], { timeout: 50 }))).toMatchObject([
        { outcome: 'failed', error: { code: 'FLOW_REPLACED' } },
        { outcome: 'done' },
      ]);
      expect(await conntrack.get(ref(successor))).toMatchObject({ mark: 0 });
    },
  );

  test('a successor with the same id and translation is deleted: a delete cannot contain more', async context => {
    const conntrack = privateTable(context);
    const { was } = await replaced(conntrack, udp(1, to('10.9.0.1')), udp(1, { ...to('10.9.0.1'), mark: 5 }));
    await conntrack.delete(was);
    expect((await conntrack.count()).count).toBe(0);
  });

  test('a successor with the same id is deleted by a reference without a reply tuple', async context => {
    const conntrack = privateTable(context);
    const { was } = await replaced(conntrack, udp(1, to('10.9.0.1')), udp(1, to('10.9.0.2')));
    const { reply: _, ...bare } = refOf(was);
    await conntrack.delete(bare);
    expect((await conntrack.count()).count).toBe(0);
  });
});

describe('a delete by the reply tuple', () => {
  const zones: readonly [where: string, zoned: NewFlow][] = [
    ['both directions', udp(1, { zone: 7, ...to('10.9.0.1') })],
    ['the original direction', udp(1, { original: { ...udp(1).original, zone: 7 }, ...to('10.9.0.1') })],
    ['the reply direction', udp(1, { reply: { ...invertTuple(udp(1).original, 17), zone: 7 } })],
  ];
  test.for(zones)(
    'a delete by the reply tuple finds an entry with a zone in %s, and none of another zone',
    async ([, zoned], context) => {
      const conntrack = privateTable(context);
      await conntrack.create(zoned);
      const [flow] = await collect(conntrack.list());
      const other = (given: FlowRef): FlowRef => ({
        ...given,
        ...(given.zone !== undefined && { zone: 8 }),
        ...(given.original.zone !== undefined && {
          original: { ...given.original, zone: 8 },
          reply: { ...given.reply!, zone: 8 },
        }),
        ...(given.reply?.zone !== undefined && { replyZone: 8, reply: { ...given.reply, zone: 8 } }),
      });
      const wanted = refOf(flow!);
      expect((await failure(conntrack.delete(other(wanted)))).code).toBe('ENOENT');
      const { zone: _, ...reply } = wanted.reply!;
      expect(await collect(conntrack.deleteMany([other(wanted), { ...wanted, reply }]))).toEqual([
        { outcome: 'gone' },
        { outcome: 'done' },
      ]);
      await conntrack.create(zoned);
      for await (const slab of conntrack.dump()) {
        const cursor = slab.cursor();
        while (cursor.next()) await conntrack.delete(cursor.ref());
      }
      expect((await conntrack.count()).count).toBe(0);
    },
  );

  test('a delete by the reply tuple finds a translated entry of every protocol', async context => {
    const conntrack = privateTable(context);
    const ports = { src: '10.0.0.1', dst: '10.0.0.2', sport: 5, dport: 6 };
    const tuples: readonly [number, Tuple][] = [
      [6, ports],
      [17, ports],
      [132, ports],
      [136, ports],
      [1, ping.original],
      [47, { src: '10.0.0.1', dst: '10.0.0.2', srckey: 0, dstkey: 9 }],
      [50, { src: '10.0.0.1', dst: '10.0.0.2' }],
    ];
    for (const [protonum, original] of tuples)
      await conntrack.create({ family: 'ipv4', protonum, original, timeout: 100, ...to('10.9.0.1') });
    const flows = await collect(conntrack.list());
    expect(flows.map(({ reply }) => reply.src)).toEqual(tuples.map(() => '10.9.0.1'));
    const outcomes = await collect(conntrack.deleteMany(flows));
    expect(outcomes).toEqual(flows.map(() => ({ outcome: 'done' })));
  });

  test('a delete does not use the reply tuple without an id, because another connection could have it', async context => {
    const conntrack = privateTable(context);
    await conntrack.create(udp(1, to('10.9.0.1')));
    await conntrack.create(udp(2));
    const [one, other] = [(await conntrack.get(ref(udp(1))))!, (await conntrack.get(ref(udp(2))))!];
    await conntrack.delete({ ...ref(udp(1)), reply: other.reply });
    expect(await conntrack.get(ref(udp(1)))).toBeUndefined();
    expect((await conntrack.get(ref(udp(2))))?.id).toBe(other.id);
    expect((await failure(conntrack.delete({ ...refOf(one), reply: other.reply }))).code).toBe('ENOENT');
  });
});

describe('with a check', () => {
  test('with `check`, entries are looked at just before, and skipped with the reason that it returns', async context => {
    const conntrack = privateTable(context);
    for (let port = 1; port <= 1200; port++) await conntrack.create(tcp(port, { mark: port % 3 }));
    const flows = await collect(conntrack.list());
    const gone = flows[700]!;
    await conntrack.delete(gone);
    const stranger = { ...flows[701]!, id: (flows[701]!.id! ^ 1) >>> 0 };
    const refs = flows.map((flow, i) => (i === 701 ? stranger : flow));
    const seen: number[] = [];
    const check = (entry: { mark(): number; port(end: 0): number }, given: FlowRef): string | undefined => {
      if (entry.port(0) !== given.original.sport) throw new Error('another entry');
      seen.push(entry.port(0));
      return entry.mark() === 0 ? 'no mark' : undefined;
    };
    const wanted = flows.map((flow, i) =>
      i === 700
        ? { outcome: 'gone' }
        : i === 701
          ? { outcome: 'failed', error: { code: 'FLOW_REPLACED' } }
          : flow.mark === 0
            ? { outcome: 'skipped', reason: 'no mark' }
            : { outcome: 'done' },
    );
    expect(await collect(conntrack.updateMany(refs, { timeout: 1000 }, { check }))).toMatchObject(wanted);
    expect(await collect(conntrack.deleteMany(refs, { check }))).toMatchObject(wanted);
    expect(seen).toHaveLength(2 * 1198);
    const left = await collect(conntrack.list());
    expect(left.filter(({ mark, id }) => mark !== 0 && id !== flows[701]!.id)).toEqual([]);
    expect(left.every(({ id, timeout }) => id === flows[701]!.id || timeout! <= 600)).toBe(true);
  });

  test('an error that `check` throws ends the batch, and nothing more is sent', async context => {
    const conntrack = privateTable(context);
    await conntrack.create(tcp(1));
    const check = (): never => {
      throw new Error('no');
    };
    await expect(collect(conntrack.deleteMany(conntrack.list(), { check }))).rejects.toThrow('no');
    expect((await conntrack.count()).count).toBe(1);
  });
});
