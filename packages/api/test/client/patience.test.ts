import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ClientOptions, ConntrackClient } from '@conntrack/client';
import { afterEach, describe, expect, test } from 'vitest';
import { newFlow } from '../support.js';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A client of a server that does what the test says, and the number of requests. */
async function against(answer: RequestListener, options: Partial<ClientOptions> = {}) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url!.split('?')[0]}`);
    answer(request, response);
  }).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const waits: number[] = [];
  const retry = {
    sleep: async (milliseconds: number): Promise<void> => void waits.push(milliseconds),
    random: () => 1,
  };
  return { asked, waits, client: new ConntrackClient({ url: `http://127.0.0.1:${port}`, retry, ...options }) };
}

const refusal =
  (status: number, headers: Record<string, string> = {}, problem: object = {}): RequestListener =>
  (_, response) => {
    response.writeHead(status, { 'content-type': 'application/problem+json', ...headers });
    response.end(JSON.stringify({ code: 'server-busy', detail: 'busy', ...problem }));
  };
const count: RequestListener = (_, response) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end('{"count":7,"filter":""}');
};
/** The first responses are rejections, the following ones succeed. */
const after = (refusals: number, first: RequestListener, then: RequestListener): RequestListener => {
  let left = refusals;
  return (request, response) => (left-- > 0 ? first : then)(request, response);
};

describe('a server that does not respond', () => {
  const mute: RequestListener = () => {};
  const half: RequestListener = (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.write('{"count":');
  };
  test.each([
    ['before its response starts', mute],
    ['in the middle of its response', half],
  ])('a call ends with its timeout if the server stops %s', async (_, answer) => {
    const { client } = await against(answer, { timeout: 30, retry: false });
    await expect(client.count()).rejects.toMatchObject({
      code: 'TIMEOUT',
      message: "no response within 30 ms. Raise 'timeout' to wait longer",
    });
  });

  test('a reading call is repeated after a timeout, a change is not', async () => {
    const { client, waits } = await against(mute, { timeout: 30 });
    await expect(client.count()).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect(waits).toEqual([250, 500]);
    await expect(client.create(newFlow)).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect(waits).toHaveLength(2);
  });

  test("the caller's signal ends a call at once, with its reason", async () => {
    const { client } = await against(mute);
    await expect(client.count(undefined, { signal: AbortSignal.timeout(20) })).rejects.toMatchObject({
      name: 'TimeoutError',
    });
  });
});

describe('a temporary rejection', () => {
  test.each([429, 503])(
    "a call is repeated after %i, after the server's Retry-After and a growing wait",
    async status => {
      const { client, waits, asked } = await against(after(2, refusal(status, { 'retry-after': '2' }), count));
      expect(await client.count()).toBe(7);
      expect(asked).toHaveLength(3);
      expect(waits).toEqual([2250, 2500]);
    },
  );

  test('the third temporary rejection is thrown', async () => {
    const { client, asked } = await against(refusal(503));
    await expect(client.count()).rejects.toMatchObject({ status: 503, code: 'server-busy' });
    expect(asked).toHaveLength(3);
  });

  test('a change is repeated after a temporary rejection, because nothing was done', async () => {
    const made: RequestListener = (_, response) => response.writeHead(204).end();
    const { client, asked } = await against(after(1, refusal(429), made));
    await client.delete('ct1.AQAAAgbAqAEKywBxCpaxAbsHhLLh');
    expect(asked).toHaveLength(2);
  });

  test('a change that was stopped halfway is not repeated', async () => {
    const { client, asked } = await against(refusal(503, {}, { code: 'aborted', result: { changed: 5 } }));
    await expect(client.deleteMany('proto=tcp')).rejects.toMatchObject({ code: 'aborted' });
    expect(asked).toHaveLength(1);
  });

  test.each([400, 404, 409, 422])('a call is not repeated after %i', async status => {
    const { client, asked } = await against(refusal(status));
    await expect(client.count()).rejects.toMatchObject({ status });
    expect(asked).toHaveLength(1);
  });
});

describe('a broken connection', () => {
  const broken: RequestListener = request => request.socket.destroy();
  test('a reading call is repeated after a broken connection, also with its filter in a body', async () => {
    const { client, asked } = await against(after(2, broken, count));
    expect(await client.count()).toBe(7);
    expect(asked).toHaveLength(3);
    const long = `dport=${Array.from({ length: 3000 }, (_, i) => i + 1).join(',')}`;
    const page: RequestListener = (_, response) => response.end('{"items":[],"next":null,"meta":{"matched":9}}');
    const search = await against(after(1, broken, page));
    expect(await search.client.count(long)).toBe(9);
    expect(search.asked).toEqual(['POST /conntrack/search', 'POST /conntrack/search']);
  });

  test('after a broken connection, a change is repeated only with an idempotency key', async () => {
    const made: RequestListener = (_, response) => response.end('{"deleted":3}');
    const without = await against(after(1, broken, made));
    await expect(without.client.deleteMany('proto=tcp')).rejects.toMatchObject({ code: 'CONNECTION_FAILED' });
    expect(without.asked).toHaveLength(1);
    const keyed = await against(after(1, broken, made));
    expect(await keyed.client.deleteMany('proto=tcp', { idempotencyKey: 'k' })).toEqual({ deleted: 3 });
    expect(keyed.asked).toHaveLength(2);
  });
});

test('responses of other hosts may be compressed, responses over loopback not, and an option overrides this', async () => {
  const accepted = async (url: string, compress?: boolean): Promise<string | null> => {
    let header: string | null = null;
    const fetch: typeof globalThis.fetch = async (_, init) => {
      header = new Headers(init!.headers).get('accept-encoding');
      return new Response('{"count":1}');
    };
    await new ConntrackClient({ url, fetch, ...(compress !== undefined && { compress }) }).count();
    return header;
  };
  for (const url of ['http://127.0.0.1:4680', 'http://localhost', 'http://[::1]:1'])
    expect(await accepted(url), url).toBe('identity');
  expect(await accepted('https://gw1.example')).toBeNull();
  expect(await accepted('https://gw1.example', false)).toBe('identity');
  expect(await accepted('http://127.0.0.1', true)).toBeNull();
});

test('many watches and waits share one signal without a warning', async () => {
  const warnings: string[] = [];
  const warned = (warning: Error): void => void warnings.push(warning.message);
  process.on('warning', warned);
  const { client } = await against((_, response) => {
    response.writeHead(200, { 'content-type': 'application/x-ndjson' });
    response.write('{"type":"new","position":"e-1","flow":{}}\n');
  });
  const left = new AbortController();
  const watches = Array.from({ length: 30 }, async () => {
    for await (const _ of client.watch(undefined, { signal: left.signal })) return;
  });
  await Promise.all(watches);
  const waiting = Array.from({ length: 30 }, async () => {
    for await (const _ of client.watch('proto=tcp', { signal: left.signal }));
  });
  left.abort();
  await Promise.allSettled(waiting);
  process.off('warning', warned);
  expect(warnings).toEqual([]);
});
