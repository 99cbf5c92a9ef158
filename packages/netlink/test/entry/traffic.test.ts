import type { Flow } from '@conntrack/flow';
import { expect, type TestContext, test } from 'vitest';
import { createNatLab, labAvailable, type NatLab } from '../../../lab/src/index.js';
import { Conntrack } from '../../src/index.js';
import { collect, failure, privateTable, tcp } from '../support.js';

async function withLab(context: TestContext): Promise<{ lab: NatLab; conntrack: Conntrack }> {
  const reason = labAvailable();
  if (reason !== undefined) context.skip(reason);
  const lab = await createNatLab({ marks: { 443: 7 } });
  const conntrack = Conntrack.open({ netns: lab.router.path });
  context.onTestFinished(async () => {
    conntrack.close();
    await lab.close();
  });
  return { lab, conntrack };
}

const one = async (conntrack: Conntrack, match: (flow: Flow) => boolean): Promise<Flow> => {
  const flow = (await collect(conntrack.list())).find(match);
  if (flow === undefined) throw new Error('there is no such flow');
  return flow;
};

test('a TCP connection through NAT has counters, start time, mark, window scale and labels', async context => {
  const { lab, conntrack } = await withLab(context);
  const events = conntrack.events({ buffer: 1000 });
  const before = Date.now();
  const connection = await lab.traffic.tcpEstablished();
  const flow = await one(conntrack, ({ protonum }) => protonum === 6);
  expect(flow).toMatchObject({
    state: 'ESTABLISHED',
    mark: 7,
    original: { src: lab.addresses.client.ipv4, dst: lab.addresses.server.ipv4, dport: 443 },
    reply: { dst: lab.addresses.router.outside.ipv4 },
  });
  expect(flow.status).toEqual(expect.arrayContaining(['SEEN_REPLY', 'ASSURED', 'SRC_NAT']));
  expect(flow.original.packets).toBeGreaterThan(1);
  expect(flow.original.bytes).toBeGreaterThan(100);
  expect(Math.abs(Date.parse(flow.start!) - before)).toBeLessThan(10_000);
  expect(flow.protoinfo?.flags?.original).toContain('WINDOW_SCALE');
  // Labels can be set because a rule uses them.
  await conntrack.update(flow, { labels: [1, 127] });
  expect((await conntrack.get(flow))?.labels).toEqual([1, 127]);
  await conntrack.update(flow, { labels: [2], labelsMask: [1, 2] });
  expect((await conntrack.get(flow))?.labels).toEqual([2, 127]);
  // Labels outside of the mask stay, and a change must not contain them.
  expect((await failure(conntrack.update(flow, { labels: [1, 5], labelsMask: [1, 2] }))).code).toBe('NOT_ENCODABLE');
  await conntrack.update(flow, { labels: [1], labelsMask: [1, 2] });
  expect((await conntrack.get(flow))?.labels).toEqual([1, 127]);
  // Counters are reset while they are read, and those of the other family stay.
  for await (const _ of conntrack.list({ zeroCounters: true, filter: { family: 'ipv6' } }));
  expect((await conntrack.get(flow))?.original.packets).toBeGreaterThan(1);
  const [read] = (await collect(conntrack.list({ zeroCounters: true }))).filter(({ id }) => id === flow.id);
  expect(read?.original.packets).toBeGreaterThan(1);
  expect((await conntrack.get(flow))?.original.packets).toBe(0);
  await conntrack.delete(flow);
  for await (const item of events)
    if (item.type === 'destroy' && 'flow' in item && item.flow.protonum === 6) {
      expect(item.flow).toMatchObject({ id: flow.id, key: flow.key, original: { src: flow.original.src } });
      expect(item.flow.stop).toBeDefined();
      break;
    }
  await connection.close();
});

test('pings of both families and UDP are listed', async context => {
  const { lab, conntrack } = await withLab(context);
  for (const family of lab.families) await lab.traffic.icmpEcho({ family });
  await lab.traffic.udpExchange();
  const flows = await collect(conntrack.list());
  expect(flows.find(({ protonum }) => protonum === 1)?.original).toMatchObject({ type: 8, code: 0 });
  expect(flows.find(({ protonum }) => protonum === 17)).toMatchObject({ original: { dport: 53 } });
  if (lab.families.includes('ipv6'))
    expect(flows.find(({ protonum }) => protonum === 58)?.original).toMatchObject({ type: 128, code: 0 });
});

test('labels are refused with the reason if no rule uses labels', async context => {
  const conntrack = privateTable(context);
  await conntrack.create(tcp(1));
  const { status: _, ...flow } = (await collect(conntrack.list()))[0]!;
  await expect(conntrack.update(flow, { labels: [1] })).rejects.toThrow(/labels|rule/);
});
