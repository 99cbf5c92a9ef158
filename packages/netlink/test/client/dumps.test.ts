import type { Flow } from '@conntrack/flow';
import { expect, test } from 'vitest';
import { Conntrack, type FilteredSlab, type KernelFilter } from '../../src/index.js';
import { done, entry, refusal, scriptedKernel } from '../../src/testing/index.js';
import { failure, privateTable, udp } from '../support.js';

const flow = (id: number): Flow => ({
  id,
  family: 'ipv4',
  protocol: 'udp',
  protonum: 17,
  original: { src: '10.0.0.1', dst: '10.0.0.2', sport: id, dport: 53 },
  reply: { src: '10.0.0.2', dst: '10.0.0.1', sport: 53, dport: id },
});

/** The port of each entry, with the index of the filter. */
async function rows(slabs: AsyncIterable<FilteredSlab>): Promise<(readonly [filter: number, port: number])[]> {
  const found: (readonly [number, number])[] = [];
  for await (const slab of slabs)
    for (const cursor = slab.cursor(); cursor.next(); ) found.push([slab.filter, cursor.port(0)]);
  return found.sort(([one, port], [other, second]) => one - other || port - second);
}

const FAMILIES: readonly KernelFilter[] = [
  { family: 'ipv4', protonum: 17 },
  { family: 'ipv6', protonum: 17 },
];

test('several dumps return the entries of each filter, with the index of the filter', async context => {
  const conntrack = privateTable(context);
  for (const port of [1, 2]) await conntrack.create(udp(port));
  await conntrack.create(udp(3, { family: 'ipv6', original: { src: '::1', dst: '::2', sport: 3, dport: 53 } }));
  expect(await rows(conntrack.dumps(FAMILIES, { reuse: true }))).toEqual([
    [0, 1],
    [0, 2],
    [1, 3],
  ]);
  expect(await rows(conntrack.dumps([]))).toEqual([]);
});

/** A kernel that refuses every dump whose filter has more than the family. */
const old = (errno: number): Conntrack =>
  Conntrack.open({
    native: scriptedKernel(request =>
      request.bytes.length > 20 ? [refusal(errno)] : [entry(flow(1)), entry(flow(2)), done()],
    ).native,
  });

test.for([95, 22])('if the kernel refuses a filter (errno %i), all entries are returned, once', async errno => {
  expect(await rows(old(errno).dumps(FAMILIES))).toEqual([
    [-1, 1],
    [-1, 2],
  ]);
});

test('a refusal for another reason than the filter is thrown', async () => {
  expect((await failure(rows(old(1).dumps(FAMILIES)))).code).toBe('EPERM');
  const refusing = Conntrack.open({ native: scriptedKernel(() => [refusal(95)]).native });
  expect((await failure(rows(refusing.dumps([{}])))).code).toBe('EOPNOTSUPP');
});

test('leaving the loop ends every running dump', async context => {
  const conntrack = privateTable(context);
  for (const port of [1, 2]) await conntrack.create(udp(port));
  for await (const slab of conntrack.dumps(FAMILIES, { reuse: true })) {
    expect(slab.filter).toBe(0);
    break;
  }
  expect(await rows(conntrack.dumps(FAMILIES))).toHaveLength(2);
});
