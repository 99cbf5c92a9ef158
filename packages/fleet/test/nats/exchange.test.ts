import { expect, test } from 'vitest';
import { Fleet } from '../../src/index.js';
import { hasBroker, NO_BROKER, startBroker } from './broker.js';
import { flows } from './data.js';
import { authorized, connectHub, startNode } from './fleet.js';

const brokered = test.skipIf(!hasBroker);
if (!hasBroker) console.warn(`skipped: ${NO_BROKER}`);

brokered('a hub finds a node by its announcement, and reads its table over the broker', async () => {
  const broker = await startBroker();
  await startNode('gw-1', { servers: broker.url, flows: flows(5), tags: ['edge'] });
  const hub = await connectHub(broker.url);
  expect(hub.nodes()).toMatchObject([{ id: 'gw-1', state: 'up', tags: ['edge'], version: '1.0.0', notes: [] }]);
  const [member] = hub.inventory.members();
  expect(await member!.table.count()).toBe(5);
  const listed = [];
  for await (const flow of member!.table.list()) listed.push(flow);
  expect(listed).toHaveLength(5);
});

brokered('a request without a token is rejected by the node', async () => {
  const broker = await startBroker();
  await startNode('gw-1', { servers: broker.url });
  const hub = await connectHub(broker.url);
  const response = await hub.fetchOf('gw-1')('http://gw-1/conntrack/count');
  expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([401, 'unauthenticated']);
});

brokered('a request to a tag is answered by the nodes with this tag, and by no other', async () => {
  const broker = await startBroker();
  const servers = broker.url;
  await Promise.all([
    startNode('gw-1', { servers, tags: ['edge'] }),
    startNode('gw-2', { servers, tags: ['edge', 'lab'] }),
    startNode('gw-3', { servers, tags: ['lab'] }),
  ]);
  const hub = await connectHub(servers);
  const answers = await hub.ask({ to: { tag: 'lab' }, path: '/conntrack/count', headers: authorized() });
  const counts = await Promise.all(
    [...answers].map(async ([node, answer]) => [node, 'response' in answer ? await answer.response.json() : answer]),
  );
  expect(counts.sort()).toEqual([
    ['gw-2', { count: 3, filter: '' }],
    ['gw-3', { count: 3, filter: '' }],
  ]);
});

brokered('an answer far above the maximum payload of the broker arrives complete', async () => {
  const broker = await startBroker('max_payload: 4096');
  const { table } = await startNode('gw-1', { servers: broker.url, flows: flows(2_000) });
  const hub = await connectHub(broker.url);
  const response = await hub.fetchOf('gw-1')('http://gw-1/conntrack', {
    headers: { ...authorized(), accept: 'application/x-ndjson' },
  });
  const lines = (await response.text()).trimEnd().split('\n');
  // The last line says that the list is complete.
  expect(lines).toHaveLength((await table.count()) + 1);
  expect(new Set(lines).size).toBe(2_001);
});

brokered('a body above the maximum payload of the broker arrives complete, from bytes and from a stream', async () => {
  const broker = await startBroker('max_payload: 4096');
  const bodies: number[] = [];
  await startNode('gw-1', {
    servers: broker.url,
    fetch: async request => {
      bodies.push((await request.arrayBuffer()).byteLength);
      return new Response(null, { status: 204 });
    },
  });
  const hub = await connectHub(broker.url);
  const send = hub.fetchOf('gw-1');
  const bytes = new Uint8Array(300_000);
  const parts = [bytes, bytes, bytes];
  const stream = new ReadableStream({
    pull(controller) {
      const part = parts.pop();
      if (part === undefined) controller.close();
      else controller.enqueue(part);
    },
  });
  await send('http://gw-1/', { method: 'POST', body: bytes });
  await send('http://gw-1/', { method: 'POST', body: stream, duplex: 'half' } as RequestInit);
  await send('http://gw-1/', { method: 'POST', body: 'small' });
  expect(bodies).toEqual([300_000, 900_000, 5]);
});

brokered('a request whose headers exceed the maximum payload is refused with its size and the limit', async () => {
  const broker = await startBroker('max_payload: 4096');
  await startNode('gw-1', { servers: broker.url });
  const hub = await connectHub(broker.url);
  const asked = hub.fetchOf('gw-1')(`http://gw-1/conntrack?src=${'1'.repeat(5_000)}`);
  await expect(asked).rejects.toMatchObject({
    code: 'REQUEST_TOO_LARGE',
    message: expect.stringMatching(/have 5\d\d\d bytes; the broker takes 4096\. Raise its max_payload/),
  });
});

brokered('a reader that does not read stops the node, and one that leaves ends its work', async () => {
  const broker = await startBroker();
  let produced = 0;
  let cancelled = false;
  await startNode('gw-1', {
    servers: broker.url,
    fetch: () =>
      new Response(
        new ReadableStream(
          {
            pull(controller) {
              produced += 10_000;
              controller.enqueue(new Uint8Array(10_000));
            },
            cancel() {
              cancelled = true;
            },
          },
          { highWaterMark: 0 },
        ),
      ),
  });
  const hub = await connectHub(broker.url);
  const response = await hub.fetchOf('gw-1')('http://gw-1/');
  const reader = response.body!.getReader();
  await reader.read();
  // The node continues until its credit is used up.
  await expect.poll(() => produced, { interval: 100 }).toBeGreaterThanOrEqual(64 * 1024);
  const before = produced;
  expect((await hub.fetchOf('gw-1')('http://gw-1/')).status).toBe(200);
  expect(before).toBeLessThan(256 * 1024);
  await reader.cancel();
  await expect.poll(() => cancelled).toBe(true);
});

brokered('an aborted request ends with the reason of its signal, and aborts the request on the node', async () => {
  const broker = await startBroker();
  const aborted: boolean[] = [];
  await startNode('gw-1', {
    servers: broker.url,
    fetch: request =>
      new Promise((_, reject) => {
        aborted.push(request.signal.aborted);
        request.signal.addEventListener('abort', () => {
          aborted.push(request.signal.aborted);
          reject(request.signal.reason);
        });
      }),
  });
  const hub = await connectHub(broker.url);
  const own = new AbortController();
  const asked = hub.fetchOf('gw-1')('http://gw-1/', { signal: own.signal });
  await expect.poll(() => aborted).toEqual([false]);
  own.abort(new Error('enough'));
  await expect(asked).rejects.toThrow('enough');
  await expect.poll(() => aborted).toEqual([false, true]);
});

brokered('the events of a node flow only while somebody watches, each watcher with its own filter', async () => {
  const broker = await startBroker();
  const { table } = await startNode('gw-1', { servers: broker.url });
  const hub = await connectHub(broker.url);
  const [member] = hub.inventory.members();
  const events = await member!.table.events({ types: ['destroy'] });
  const seen: string[] = [];
  const read = (async () => {
    for await (const event of events) if (event.type === 'destroy') seen.push(event.flow.original.src);
  })();
  for await (const flow of table.list({ limit: 1 })) await table.delete(flow);
  await expect.poll(() => seen).toEqual(['10.0.0.0']);
  events.close();
  await read;
});

brokered('a slow node is not a silent one: it says that it works', async () => {
  const broker = await startBroker();
  let finish: (() => void) | undefined;
  await startNode('gw-1', {
    servers: broker.url,
    fetch: async () => {
      await new Promise<void>(resolve => {
        finish = resolve;
      });
      return new Response('done');
    },
  });
  const hub = await connectHub(broker.url);
  let settled = false;
  const asked = hub
    .fetchOf('gw-1', { silence: 400 })('http://gw-1/')
    .finally(() => {
      settled = true;
    });
  await expect.poll(() => finish).toBeDefined();
  // Longer than the limit of silence.
  await new Promise(done => setTimeout(done, 1_000));
  expect(settled).toBe(false);
  finish!();
  expect(await (await asked).text()).toBe('done');
});

brokered('a fleet over NATS is one table, and names the node that does not answer', async () => {
  const broker = await startBroker();
  const servers = broker.url;
  await startNode('gw-1', { servers, flows: flows(2) });
  await startNode('gw-2', { servers, flows: flows(3) });
  const hub = await connectHub(servers, { expected: [{ id: 'gw-3' }] });
  const fleet = new Fleet({ inventory: hub.inventory });
  expect(await fleet.count()).toBe(5);
  expect(fleet.meta()).toMatchObject({ asked: 3, answered: 2, failed: [{ node: 'gw-3' }] });
  const nodes: (string | undefined)[] = [];
  for await (const flow of fleet.list()) nodes.push(flow.node);
  expect(nodes.sort()).toEqual(['gw-1', 'gw-1', 'gw-2', 'gw-2', 'gw-2']);
});
