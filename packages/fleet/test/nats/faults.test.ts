import { parseQuery } from '@conntrack/filter';
import { connect } from '@nats-io/transport-node';
import { expect, onTestFinished, test } from 'vitest';
import type { Announcement } from '../../src/nats/wire/presence.js';
import { requestMessage } from '../../src/nats/wire/request.js';
import { Subjects } from '../../src/nats/wire/subjects.js';
import { hasBroker, startBroker } from './broker.js';
import { flows } from './data.js';
import { authorized, connectHub, makeNode, startNode } from './fleet.js';
import { startNodeProcess } from './processes.js';

const brokered = test.skipIf(!hasBroker);
/** Half of the flows. */
const { filter: ODD } = parseQuery('mark=1');
const subjects = new Subjects('edge');

brokered(
  'a broker that is restarted in the middle of a list ends it at once, and the next list is complete',
  async () => {
    const broker = await startBroker();
    const node = await startNode('gw-1', { servers: broker.url, flows: flows(20_000) });
    const hub = await connectHub(broker.url);
    const list = () =>
      hub.fetchOf('gw-1')('http://gw-1/conntrack', { headers: { ...authorized(), accept: 'application/x-ndjson' } });
    const reader = (await list()).body!.getReader();
    await reader.read();
    await broker.kill();
    const rest = (async () => {
      while (!(await reader.read()).done);
    })();
    await expect(rest).rejects.toMatchObject({ code: 'BROKER_LOST', node: 'gw-1' });
    await expect(list()).rejects.toMatchObject({ code: 'BROKER_LOST' });
    await broker.start();
    await expect.poll(() => node.agent.joined).toBe(true);
    await expect.poll(async () => (await list().catch(() => undefined))?.status).toBe(200);
    expect((await (await list()).text()).trimEnd().split('\n')).toHaveLength(20_001);
  },
);

brokered('a plan outlives a restart of the broker, and is executed once', async () => {
  const broker = await startBroker();
  const { table, requests } = await startNode('gw-1', { servers: broker.url, flows: flows(10) });
  const hub = await connectHub(broker.url);
  const [member] = hub.inventory.members();
  const plan = await member!.table.plan(ODD, 'delete');
  await broker.kill();
  await expect(plan.execute()).rejects.toMatchObject({ code: 'STOPPED' });
  expect(await table.count()).toBe(10);
  await broker.start();
  await expect.poll(() => member!.table.count().catch(() => undefined)).toBe(10);
  expect((await plan.execute()).changed).toBe(5);
  await expect(plan.execute()).rejects.toThrow();
  expect(await table.count()).toBe(5);
  expect(requests.filter(each => each.endsWith('/execute'))).toHaveLength(2);
});

brokered('a plan whose outcome was lost with the broker was executed once, and its record says so', async () => {
  const broker = await startBroker();
  let executed = 0;
  let open = (): void => {};
  const gate = new Promise<void>(resolve => {
    open = resolve;
  });
  const { table } = await startNode('gw-1', {
    servers: broker.url,
    flows: flows(10),
    after: async ({ url }) => {
      if (!url.endsWith('/execute')) return;
      executed++;
      await gate;
    },
  });
  const hub = await connectHub(broker.url);
  const [member] = hub.inventory.members();
  const plan = await member!.table.plan(ODD, 'delete');
  const lost = plan.execute().catch((error: unknown) => error);
  await expect.poll(() => executed).toBe(1);
  await broker.kill();
  expect(await lost).toMatchObject({ code: 'STOPPED' });
  open();
  await broker.start();
  await expect.poll(() => member!.table.count().catch(() => undefined)).toBe(5);
  await expect(plan.execute()).rejects.toThrow();
  expect(await table.count()).toBe(5);
});

brokered(
  'a node that is killed between plan and execution is reported, and does not execute the plan after its restart',
  async () => {
    const broker = await startBroker();
    const first = await startNodeProcess(broker.url, 'gw-1', 10);
    const hub = await connectHub(broker.url);
    const [member] = hub.inventory.members();
    const plan = await member!.table.plan(ODD, 'delete');
    await first.kill();
    await expect(plan.execute()).rejects.toThrow(/does not answer/);
    const asked = hub.fetchOf('gw-1')('http://gw-1/conntrack/count', { headers: authorized() });
    await expect(asked).rejects.toMatchObject({
      code: 'NODE_OFFLINE',
      message: "'gw-1' is not connected to the broker",
    });
    await startNodeProcess(broker.url, 'gw-1', 10);
    await expect.poll(() => member!.table.count().catch(() => undefined)).toBe(10);
    await expect(plan.execute()).rejects.toMatchObject({ code: expect.not.stringMatching('STOPPED') });
    expect(await member!.table.count()).toBe(10);
  },
);

brokered(
  'a frozen node costs the limit of silence, is reported as silent, and does not execute later what it missed',
  async () => {
    const broker = await startBroker();
    const node = await startNodeProcess(broker.url, 'gw-1', 10);
    const hub = await connectHub(broker.url);
    node.freeze();
    const begun = performance.now();
    const change = hub.fetchOf('gw-1', { silence: 300 })('http://gw-1/conntrack?mark=1', {
      method: 'DELETE',
      headers: authorized(),
    });
    await expect(change).rejects.toMatchObject({ code: 'NODE_SILENT', node: 'gw-1' });
    expect(performance.now() - begun).toBeGreaterThanOrEqual(299);
    await expect.poll(() => hub.nodes()[0]!.state).toBe('silent');
    expect(hub.nodes()[0]!.notes[0]).toMatch(/^'gw-1' sent its last announcement \d+ s ago$/);
    expect(hub.inventory.members()).toHaveLength(1);
    node.thaw();
    await expect.poll(() => hub.nodes()[0]!.state).toBe('up');
    expect(await hub.inventory.members()[0]!.table.count()).toBe(10);
  },
);

brokered('a request that the broker delivers twice is executed once', async () => {
  const broker = await startBroker();
  const { requests, agent } = await startNode('gw-1', { servers: broker.url });
  const connection = await connect({ servers: broker.url.slice('nats://'.length) });
  onTestFinished(() => connection.close());
  const answers: number[] = [];
  connection.subscribe(subjects.replies('reply', 'test'), { callback: (_, { data }) => void answers.push(data[0]!) });
  const message = requestMessage({
    ...{ hub: 'test', exchange: '1', reply: 'reply', instance: agent.instance, sign: 1_000, credit: 65_536 },
    ...{ method: 'DELETE', path: '/conntrack?mark=1', headers: Object.entries(authorized()) },
  });
  for (let i = 0; i < 3; i++) connection.publish(subjects.request('gw-1'), message);
  await expect.poll(() => answers).toContain(3);
  await connection.flush();
  expect(requests).toEqual(['DELETE /conntrack']);
});

brokered('a change that is sent to all nodes is refused by each node', async () => {
  const broker = await startBroker();
  const { requests } = await startNode('gw-1', { servers: broker.url });
  const hub = await connectHub(broker.url);
  const answers = await hub.ask({
    to: 'all',
    method: 'DELETE' as 'GET',
    path: '/conntrack?mark=1',
    headers: authorized(),
  });
  expect(answers.get('gw-1')).toMatchObject({ error: { code: 'NODE_FAILED', message: /can only read/ } });
  expect(requests).toEqual([]);
});

brokered('a second host with the name of a node answers nothing until the first has left', async () => {
  const broker = await startBroker();
  const servers = broker.url;
  const first = await startNode('gw-1', { servers, flows: flows(1) });
  const second = makeNode('gw-1', { servers, flows: flows(2) });
  await expect.poll(() => second.reports.map(({ type }) => type)).toEqual(['name-taken']);
  expect(second.reports[0]).toMatchObject({ reason: expect.stringMatching(/is 'gw-1'\. Give this host another name/) });
  const hub = await connectHub(servers);
  const count = () => hub.inventory.members()[0]!.table.count();
  expect(await count()).toBe(1);
  expect(hub.nodes()[0]!.state).toBe('up');
  await first.agent.close();
  await expect.poll(() => second.agent.joined).toBe(true);
  await expect.poll(() => count().catch(() => undefined)).toBe(2);
});

/** Publishes announcements as another host does. */
async function announcer(servers: string) {
  const connection = await connect({ servers: servers.slice('nats://'.length) });
  onTestFinished(() => connection.close());
  return async (node: string, more: Partial<Announcement>) => {
    const announcement: Announcement = {
      ...{ state: 'up', instance: 'another', started: Date.now(), time: Date.now(), clock: 0, interval: 200 },
      ...{ tags: [], version: '1.0.0', capabilities: {}, ...more },
    };
    connection.publish(subjects.presence(node), JSON.stringify(announcement));
    await connection.flush();
  };
}

brokered('of two hosts with one name that could not hear each other at their start, the later one yields', async () => {
  const broker = await startBroker();
  const announce = await announcer(broker.url);
  const { agent, reports } = await startNode('gw-1', { servers: broker.url });
  await announce('gw-1', { started: Date.now() + 1_000 });
  // The next announcement of the node comes after the other one was processed.
  const hub = await connectHub(broker.url);
  expect([agent.joined, hub.nodes().length]).toEqual([true, 1]);
  await announce('gw-1', { started: 0 });
  await expect.poll(() => agent.joined).toBe(false);
  expect(reports.map(({ type }) => type)).toEqual(['joined', 'name-taken']);
  // The other host falls silent: the name is free again.
  await expect.poll(() => agent.joined).toBe(true);
});

brokered('a name that two hosts announce is asked nowhere, and both are reported', async () => {
  const broker = await startBroker();
  const announce = await announcer(broker.url);
  const hub = await connectHub(broker.url);
  for (const instance of ['one', 'two', 'one']) await announce('gw-1', { instance });
  await expect.poll(() => hub.nodes()[0]?.state).toBe('duplicate');
  expect(hub.nodes()[0]!.notes[0]).toMatch(/^two hosts announce themselves as 'gw-1'/);
  expect(hub.inventory.members().map(({ id }) => id)).toEqual(['gw-1', 'gw-1']);
  await expect(hub.fetchOf('gw-1')('http://gw-1/')).rejects.toMatchObject({ code: 'NODE_DUPLICATE' });
  await announce('gw-1', { instance: 'two', state: 'leaving' });
  await announce('gw-1', { instance: 'one' });
  await expect.poll(() => hub.nodes()[0]?.state).toBe('up');
});

brokered('a restart is not reported as a second host', async () => {
  const broker = await startBroker();
  const announce = await announcer(broker.url);
  const hub = await connectHub(broker.url);
  for (const instance of ['one', 'two', 'two']) await announce('gw-1', { instance });
  await expect.poll(() => hub.nodes()[0]?.instance).toBe('two');
  expect(hub.nodes()[0]!.state).toBe('up');
});

brokered('the clock of a node that is minutes off is reported, and changes nothing else', async () => {
  const broker = await startBroker();
  const announce = await announcer(broker.url);
  const hub = await connectHub(broker.url);
  await announce('gw-1', { time: Date.now() - 192_000 });
  await announce('gw-2', { time: Date.now() + 60_400 });
  await announce('gw-3', { time: Date.now() - 200 });
  await expect.poll(() => hub.nodes().map(({ state }) => state)).toEqual(['up', 'up', 'up']);
  expect(hub.nodes().flatMap(({ notes }) => notes)).toEqual([
    expect.stringMatching(/^the clock of 'gw-1' is 3 min 1\d s behind this host's clock$/),
    expect.stringMatching(/^the clock of 'gw-2' is (60|59) s ahead of this host's clock$/),
  ]);
});

brokered('twenty lists that nobody reads do not make the hub a slow consumer', async () => {
  const broker = await startBroker('max_pending: 4194304');
  const servers = broker.url;
  const names = Array.from({ length: 20 }, (_, n) => `gw-${n}`);
  await Promise.all(names.map(name => startNode(name, { servers, flows: flows(2_000), interval: 1_000 })));
  const hub = await connectHub(servers);
  const lists = await Promise.all(
    names.map(name =>
      hub.fetchOf(name)(`http://${name}/conntrack`, { headers: { ...authorized(), accept: 'application/x-ndjson' } }),
    ),
  );
  expect(await hub.inventory.members()[0]!.table.count()).toBe(2_000);
  const texts = await Promise.all(lists.map(list => list.text()));
  expect(texts.map(text => text.trimEnd().split('\n').length)).toEqual(names.map(() => 2_001));
});

brokered('a node that leaves stays in the inventory, and is reported as offline', async () => {
  const broker = await startBroker();
  const { agent } = await startNode('gw-1', { servers: broker.url, version: '9.9.9' });
  const hub = await connectHub(broker.url, { expected: [{ id: 'gw-2', tags: ['edge'] }] });
  let changes = 0;
  hub.onChange(() => changes++);
  await agent.close();
  await expect.poll(() => changes).toBe(1);
  expect(hub.nodes()).toMatchObject([
    { id: 'gw-1', state: 'left', version: '9.9.9', notes: ["'gw-1' has left the fleet"] },
    { id: 'gw-2', state: 'silent', tags: ['edge'], notes: ["'gw-2' is expected, but was never heard"] },
  ]);
  const answers = await hub.ask({ to: 'all', path: '/conntrack/count', headers: authorized() }, { deadline: 100 });
  expect([...answers].map(([node, answer]) => [node, 'error' in answer && answer.error.code])).toEqual([
    ['gw-1', 'NODE_SILENT'],
    ['gw-2', 'NODE_SILENT'],
  ]);
  await expect(hub.fetchOf('gw-1')('http://gw-1/')).rejects.toMatchObject({ code: 'NODE_OFFLINE' });
  await expect(hub.fetchOf('gw-2')('http://gw-2/')).rejects.toMatchObject({ code: 'NODE_OFFLINE' });
  await expect(hub.fetchOf('gw-3')('http://gw-3/')).rejects.toMatchObject({ code: 'NODE_UNKNOWN' });
});

test('a broker that cannot be reached is an error with its address and the reason', async () => {
  await expect(connectHub('nats://127.0.0.1:1')).rejects.toMatchObject({
    code: 'BROKER_UNUSABLE',
    message: expect.stringMatching(/^no connection to the broker 127\.0\.0\.1:1: .*refused/i),
  });
  await expect(connectHub('http://127.0.0.1:1')).rejects.toMatchObject({ code: 'BROKER_UNUSABLE' });
  await expect(connectHub('nats://127.0.0.1:1', { credentials: 'what?' })).rejects.toThrow(/neither a file of 'nsc'/);
});

brokered('an agent that starts before its broker joins as soon as the broker is there', async () => {
  const broker = await startBroker();
  await broker.kill();
  const { agent, reports } = makeNode('gw-1', { servers: broker.url });
  await expect.poll(() => reports.map(({ type }) => type)).toContain('disconnected');
  await broker.start();
  await expect.poll(() => agent.joined).toBe(true);
});
