import { setTimeout as delay } from 'node:timers/promises';
import { ConntrackClient } from '@conntrack/client';
import { ConntrackTable, type TableSource } from '@conntrack/table';
import { expect, test } from 'vitest';
import { EndlessSource } from '../endless.js';
import { loopback, unixSocket } from './serving.js';

const tableOver = (source: TableSource) => ({ table: new ConntrackTable(source) });

const until = (condition: () => boolean, what: string): Promise<unknown> =>
  expect.poll(condition, { message: what }).toBe(true);

const connections = [
  ['loopback', loopback],
  ['a unix socket', unixSocket],
] as const;

test.each(connections)('a list returns its end record as the value of the generator: %s', async (_, connect) => {
  const list = (await connect()).list('proto=udp');
  expect((await list.next()).value).toMatchObject({ protocol: 'udp' });
  expect(await list.next()).toMatchObject({ done: true, value: { matched: 1 } });
});

test.each(connections)('leaving the loop over a list ends the dump: %s', async (_, connect) => {
  const source = new EndlessSource();
  let flows = 0;
  for await (const flow of (await connect(tableOver(source))).list()) {
    expect(flow.protocol).toBe('tcp');
    if (++flows === 2500) break;
  }
  await until(() => source.ended, 'the dump ends');
});

test.each(connections)('a paused loop over a list pauses the dump: %s', async (_, connect) => {
  const source = new EndlessSource();
  const client = await connect(tableOver(source));
  const batches = client.batches();
  await batches.next();
  // Server, source and this loop take turns. If the number does not change for this many turns, the dump waits.
  for (let [turns, last] = [0, -1]; turns < 150; turns++) {
    if (source.batches !== last) turns = 0;
    last = source.batches;
    await delay(1);
  }
  // A batch is about 400 kB: what the sockets and one chunk can hold.
  expect(source.batches).toBeLessThan(100);
  await batches.return(undefined as never);
  await until(() => source.ended, 'the dump ends');
});

test.each(connections)('a signal ends the loop over a list and the dump with its reason: %s', async (_, connect) => {
  const source = new EndlessSource();
  const ending = new AbortController();
  const client = await connect(tableOver(source));
  const reason = new Error('that is enough');
  const listing = (async () => {
    for await (const _ of client.list('proto=tcp', { signal: ending.signal }));
  })();
  await until(() => source.batches > 3, 'the list continues');
  ending.abort(reason);
  await expect(listing).rejects.toBe(reason);
  await until(() => source.ended, 'the dump ends');
});

test('a failure halfway through a list is thrown after the flows before it', async () => {
  const source = new EndlessSource();
  source.failAfter = 3;
  const client = await loopback(tableOver(source));
  let flows = 0;
  const listing = (async () => {
    for await (const _ of client.list()) flows++;
  })();
  await expect(listing).rejects.toMatchObject({
    name: 'ApiError',
    code: 'source-failed',
    status: 500,
    message: 'the dump broke off',
    requestId: expect.stringMatching(/\S/),
  });
  expect(flows).toBe(3000);
});

test('a server that stops cuts off a list, and the client throws', async () => {
  const stopping = new AbortController();
  const client = await loopback({ ...tableOver(new EndlessSource()), signal: stopping.signal, grace: 0 });
  const listing = (async () => {
    for await (const _ of client.list()) stopping.abort();
  })();
  await expect(listing).rejects.toMatchObject({ code: expect.stringMatching(/^(STREAM_CUT|aborted)$/) });
});

const FLOW = '{"family":"ipv4"}\n';
test.each([
  ['without an end line', FLOW + FLOW, 'STREAM_CUT'],
  ['with half an end line', `${FLOW}{"type":"en`, 'STREAM_CUT'],
  ['empty', '', 'STREAM_CUT'],
  ['with HTML in it', `${FLOW}<html>\n`, 'ANSWER_INVALID'],
  ['with a line after the end line', `{"type":"end","matched":0}\n${FLOW}`, 'ANSWER_INVALID'],
  ['with an endless line', 'x'.repeat(1_100_000), 'ANSWER_INVALID'],
])('an incomplete response is an error: %s', async (_, text, code) => {
  const client = new ConntrackClient({ url: 'http://x', fetch: async () => new Response(text) });
  const listing = (async () => {
    for await (const _ of client.list());
  })();
  await expect(listing).rejects.toMatchObject({ name: 'ClientError', code });
});

test('characters that are split between chunks are joined', async () => {
  const bytes = new TextEncoder().encode(`{"secctx":"jörg→"}\n{"type":"end","matched":1}\n`);
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
      controller.close();
    },
  });
  const client = new ConntrackClient({ url: 'http://x', fetch: async () => new Response(body) });
  expect((await client.list().next()).value).toEqual({ secctx: 'jörg→' });
});
