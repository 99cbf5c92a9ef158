import type { NewFlow } from '@conntrack/flow';
import { expect, test } from 'vitest';
import type { EntryCursor, FlowCursor } from '../../src/index.js';
import { entryFormat } from '../../src/text.js';
import { collect, privateTable, udp } from '../support.js';

const JSON_FORMAT = entryFormat('json')!;

const COUNT = 20_000;
const stale = expect.objectContaining({ code: 'STALE' });
function* many(): Generator<NewFlow> {
  for (let i = 0; i < COUNT; i++) yield udp(i);
}

test('a dump that reuses memory returns the same entries', async context => {
  const conntrack = privateTable(context);
  for await (const { outcome } of conntrack.createMany(many())) expect(outcome).toBe('done');
  const ids = async (reuse: boolean): Promise<{ ids: number[]; buffers: number }> => {
    const found: number[] = [];
    const buffers = new Set<ArrayBufferLike>();
    for await (const slab of conntrack.dump({ reuse })) {
      const cursor = slab.cursor();
      buffers.add(cursor.buffer.buffer);
      while (cursor.next()) found.push(cursor.id());
    }
    return { ids: found.sort((one, other) => one - other), buffers: buffers.size };
  };
  const [own, shared] = [await ids(false), await ids(true)];
  expect(shared.ids).toEqual(own.ids);
  expect(shared.ids).toHaveLength(COUNT);
  expect(shared.buffers).toBeLessThan(own.buffers);
});

/** Every question that a cursor can be asked. */
const QUESTIONS: readonly ((cursor: EntryCursor) => unknown)[] = [
  cursor => cursor.next(),
  cursor => cursor.flow(),
  cursor => cursor.ref(),
  cursor => cursor.family(),
  cursor => cursor.protonum(),
  cursor => cursor.word(0, 3),
  cursor => cursor.port(0),
  cursor => cursor.icmpType(0),
  cursor => cursor.mark(),
  cursor => cursor.status(),
  cursor => cursor.state(),
  cursor => cursor.packets(0),
  cursor => cursor.directionZone(0),
  cursor => cursor.zone(),
  cursor => cursor.hasLabel(1),
  cursor => cursor.helper(),
  cursor => cursor.start(),
  cursor => cursor.vtag(0),
  cursor => cursor.event(),
  cursor => cursor.portid(),
  cursor => cursor.eventTime(),
  cursor => cursor.unknown(),
  cursor => cursor.write(JSON_FORMAT, new Uint8Array(8192), 0),
];

test('a cursor used after its slab was given back throws', async context => {
  const conntrack = privateTable(context);
  await collect(conntrack.createMany(many()));
  const kept: EntryCursor[] = [];
  const slabs: { cursor(): EntryCursor }[] = [];
  for await (const slab of conntrack.dump({ reuse: true })) {
    for (const earlier of kept) for (const ask of QUESTIONS) expect(() => ask(earlier)).toThrow(stale);
    const cursor = slab.cursor();
    // All of it was read once, and some of it is cached.
    expect(cursor.next()).toBe(true);
    for (const ask of QUESTIONS.slice(1)) ask(cursor);
    kept.push(cursor);
    slabs.push(slab);
    if (kept.length === 3) break;
  }
  for (const slab of slabs) expect(() => slab.cursor().next()).toThrow(stale);
  for (const ask of QUESTIONS) expect(() => ask(kept[2]!)).toThrow(stale);
  const seen: FlowCursor[] = [];
  await collect(conntrack.list({ match: cursor => seen.push(cursor) === 0 }));
  expect(seen).toHaveLength(COUNT);
  for (const cursor of new Set(seen)) expect(() => cursor.mark()).toThrow(stale);
  // A slab that belongs to the loop stays valid.
  const own: EntryCursor[] = [];
  for await (const slab of conntrack.dump()) own.push(slab.cursor());
  expect(own.every(cursor => cursor.next() && cursor.flow().original.dport === 80)).toBe(true);
});
