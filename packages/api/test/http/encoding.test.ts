import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { createGunzip, gunzipSync } from 'node:zlib';
import { ConntrackTable, MemorySource } from '@conntrack/table';
import { afterEach, describe, expect, test } from 'vitest';
import { type RunningServer, type ServeOptions, serve } from '../../src/index.js';
import { EndlessSource } from '../endless.js';
import { tcpFlow } from '../flows.js';
import { newFlow, TOKEN } from '../support.js';

const servers: RunningServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map(server => server.close()));
});

async function start(options: Partial<ServeOptions> = {}): Promise<RunningServer> {
  const table = new ConntrackTable(new MemorySource(Array.from({ length: 3000 }, (_, n) => tcpFlow(n))));
  const server = await serve({ table, listen: '127.0.0.1:0', adminToken: TOKEN, grace: 100, ...options });
  servers.push(server);
  return server;
}

/** Sends requests by hand: `fetch` decodes responses and hides the encoding. */
async function ask(
  server: RunningServer,
  path: string,
  headers: Record<string, string> = {},
): Promise<IncomingMessage> {
  const sent = get(server.url + path, { headers: { authorization: `Bearer ${TOKEN}`, ...headers } });
  return ((await once(sent, 'response')) as [IncomingMessage])[0];
}
async function bytesOf(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

describe('compression', () => {
  const gzip = { 'accept-encoding': 'gzip' };
  test.each([
    '/conntrack?format=ndjson',
    '/conntrack?format=csv',
    '/conntrack?format=plain',
    '/conntrack?limit=3000',
    '/openapi.json',
  ])('%s is the same text with a fraction of the bytes', async path => {
    const server = await start();
    const plain = await ask(server, path);
    const packed = await ask(server, path, gzip);
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect(packed.headers['content-encoding']).toBe('gzip');
    for (const { headers } of [plain, packed]) expect(headers.vary).toMatch(/Accept-Encoding/);
    const [text, bytes] = [await bytesOf(plain), await bytesOf(packed)];
    expect(bytes.length).toBeLessThan(text.length / 4);
    expect(gunzipSync(bytes).toString()).toBe(text.toString());
  });

  test.each([
    ['identity', undefined],
    ['gzip;q=0', undefined],
    ['br', undefined],
    ['*', 'gzip'],
    ['br, GZIP;q=0.5', 'gzip'],
    ['*;q=0, gzip', 'gzip'],
  ])("Accept-Encoding: '%s' gets %s", async (accepted, wanted) => {
    const response = await ask(await start(), '/conntrack?limit=3000', { 'accept-encoding': accepted });
    response.destroy();
    expect(response.headers['content-encoding']).toBe(wanted);
  });

  test('short responses are not compressed', async () => {
    const response = await ask(await start(), '/conntrack/count', gzip);
    expect(response.headers['content-encoding']).toBeUndefined();
    expect(JSON.parse((await bytesOf(response)).toString())).toMatchObject({ count: 3000 });
  });

  test('a compressed event is sent at once', async () => {
    const table = new ConntrackTable(new MemorySource());
    const server = await start({ table });
    const response = await ask(server, '/conntrack/events?format=ndjson', gzip);
    expect(response.headers['content-encoding']).toBe('gzip');
    expect(response.headers['x-accel-buffering']).toBe('no');
    const text = response.pipe(createGunzip()).setEncoding('utf8');
    text.on('error', () => {});
    let seen = '';
    text.on('data', chunk => {
      seen += chunk;
    });
    while (!seen.includes('bookmark')) await once(text, 'data');
    const { protocol: _, ...flow } = newFlow;
    await table.create({ ...flow, family: 'ipv4', protonum: 6 });
    while (!seen.includes('"new"')) await once(text, 'data');
    response.destroy();
  });

  test('a reader of a compressed stream that disconnects ends the scan', async () => {
    const source = new EndlessSource();
    const server = await start({ table: new ConntrackTable(source) });
    const response = await ask(server, '/conntrack?format=ndjson', gzip);
    await once(response, 'data');
    response.destroy();
    while (!source.ended) await new Promise(resolve => setTimeout(resolve, 5));
    expect(source.aborted).toBe(true);
  });
});

describe('documents', () => {
  test.each(['/openapi.json', '/problems', '/docs'])('%s is sent again only if it has changed', async path => {
    const server = await start();
    const first = await ask(server, path);
    await bytesOf(first);
    const etag = first.headers.etag!;
    expect(first.headers['cache-control']).toBe('no-cache');
    const again = await ask(server, path, { 'if-none-match': `"other", ${etag}` });
    expect([again.statusCode, (await bytesOf(again)).length]).toEqual([304, 0]);
    const other = await ask(server, path, { 'if-none-match': '"other"' });
    expect([other.statusCode, (await bytesOf(other)).length > 0]).toEqual([200, true]);
  });
});
