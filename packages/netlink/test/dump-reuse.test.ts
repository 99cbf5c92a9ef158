import type { NewFlow } from '@conntrack/flow';
import { expect, test } from 'vitest';
import { privateTable, udp } from './support.js';

const COUNT = 20_000;
function* many(): Generator<NewFlow> {
  for (let i = 0; i < COUNT; i++) yield udp(i);
}

test('a dump whose memory goes round brings the same entries', { timeout: 30_000 }, async context => {
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
