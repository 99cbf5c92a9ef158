// A watch across the end of one server and the start of the next one on the same address, with the real application and
// a real table.

import { ConntrackClient, FlowIndex, type WatchRecord } from '@conntrack/client';
import { ConntrackTable, MemorySource } from '@conntrack/table';
import { expect, test } from 'vitest';
import { type RunningServer, serve } from '../../src/index.js';
import { sample, tcpFlow } from '../flows.js';
import { newFlow } from '../support.js';

const start = (table: ConntrackTable, listen = '127.0.0.1:0'): Promise<RunningServer> =>
  serve({ table, listen, adminToken: 'secret-of-the-test', grace: 3_600_000 });

const retry = { base: 20, max: 100 };

test('a server that stops sends bye and stops at once; the watch finds the next server, and reports a gap', async () => {
  const table = new ConntrackTable(new MemorySource(sample()));
  let server = await start(table);
  const { host } = new URL(server.url);
  const client = new ConntrackClient({ url: server.url, token: 'secret-of-the-test' });
  const { meta } = await client.page('proto=tcp', { position: true });
  const retries: (Error | undefined)[] = [];
  const watch = client.watch('proto=tcp', {
    since: meta.position!,
    retry: { ...retry, onRetry: ({ error }) => retries.push(error) },
  });
  await client.create(newFlow);
  expect((await watch.next()).value).toMatchObject({ type: 'new', flow: { timeout: 600 } });
  const next = watch.next();
  // The stream would have delayed the stop by its grace period: an hour.
  await server.close();
  server = await start(table, host);
  // Nobody knows what happened between the two servers.
  expect((await next).value).toMatchObject({ type: 'gap', where: 'ring', count: null });
  expect((await watch.next()).value).toMatchObject({ type: 'resync', snapshot: false });
  expect(retries[0]).toBeUndefined();
  const update = watch.next();
  await expect.poll(() => server.urls.length).toBe(1);
  const flow = await client.lookup({ proto: 'tcp', ...newFlow.original });
  for (let mark = 1; ; mark++) {
    await client.update(flow, { mark });
    if (await Promise.race([update.then(() => true), new Promise(resolve => setTimeout(resolve, 50, false))])) break;
  }
  expect((await update).value).toMatchObject({ type: 'update', flow: { key: flow.key } });
  await watch.return(undefined as never);
  await server.close();
});

test('with snapshots, the index is complete again after a restart, whatever happened in between', async () => {
  const source = new MemorySource(sample());
  const table = new ConntrackTable(source);
  let server = await start(table);
  const { host } = new URL(server.url);
  const client = new ConntrackClient({ url: server.url, token: 'secret-of-the-test' });
  const index = new FlowIndex();
  const ending = new AbortController();
  const records: WatchRecord['type'][] = [];
  const watching = (async () => {
    for await (const record of client.watch('', { initial: true, retry, signal: ending.signal })) {
      records.push(record.type);
      index.apply(record);
    }
  })().catch(() => {});
  await expect.poll(() => index.synced).toBe(true);
  expect(index.flows.size).toBe(12);
  await server.close();
  for (const flow of [1, 2, 3].map(n => tcpFlow(n))) {
    const { key } = (await table.lookup(flow))!;
    await table.delete(key!);
  }
  server = await start(table, host);
  await expect.poll(() => records.filter(type => type === 'bookmark').length).toBe(2);
  expect(index.flows.size).toBe(9);
  ending.abort();
  await watching;
  await server.close();
});
