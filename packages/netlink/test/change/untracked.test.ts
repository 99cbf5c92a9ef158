import { expect, test } from 'vitest';
import { collect, failure, privateTable } from '../support.js';

test('an entry of a protocol without a tracker is listed without ports, found again, changed and deleted', async context => {
  const conntrack = privateTable(context);
  const bare = { src: '10.0.0.1', dst: '10.0.0.2' };
  const dccp = { family: 'ipv4', protonum: 33, timeout: 600 } as const;
  try {
    await conntrack.create({ ...dccp, original: { ...bare, sport: 1, dport: 2 } });
  } catch (error) {
    expect((error as Error).message).toContain('no tracker for dccp');
    await conntrack.create({ ...dccp, original: bare });
  }
  const [flow] = await collect(conntrack.list());
  await conntrack.update(flow!, { mark: 5 });
  expect(await conntrack.get(flow!)).toMatchObject({ mark: 5 });
  await conntrack.delete(flow!);
  expect(await collect(conntrack.list())).toEqual([]);
});

test('a tuple without ports never matches a connection that has them', async context => {
  const conntrack = privateTable(context);
  const bare = { src: '10.0.0.1', dst: '10.0.0.2' };
  const sctp = { state: 'ESTABLISHED', protoinfo: { vtag: { original: 1, reply: 2 } } };
  for (const [protonum, parts, more] of [
    [132, { sport: 1, dport: 2 }, sctp],
    [136, { sport: 1, dport: 2 }, {}],
    [47, { srckey: 1, dstkey: 2 }, {}],
  ] as const) {
    await conntrack.create({ family: 'ipv4', protonum, original: { ...bare, ...parts }, timeout: 600, ...more });
    expect((await failure(conntrack.delete({ family: 'ipv4', protonum, original: bare }))).code).toBe('EINVAL');
  }
  expect(await collect(conntrack.list())).toHaveLength(3);
});
