import { connect } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { type RunningServer, serve } from '../../src/index.js';
import { newFlow, problem, TOKEN, tableOf, testApp } from '../support.js';

const origin = 'https://noc.example';
const servers: RunningServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map(server => server.close()));
});

test('a page of an allowed origin may send requests and read the responses', async () => {
  const app = testApp({ origins: [origin] });
  const response = await app.request('/conntrack', { headers: { origin, 'sec-fetch-site': 'cross-site' } });
  expect(response.status).toBe(200);
  expect(response.headers.get('access-control-allow-origin')).toBe(origin);
  expect(response.headers.get('access-control-expose-headers')).toMatch(/X-Request-Id/);
  expect(response.headers.get('vary')).toMatch(/Origin/);
  const streamed = await app.request('/conntrack?format=ndjson', { headers: { origin } });
  expect(streamed.headers.get('access-control-allow-origin')).toBe(origin);
});

test('a page of an allowed origin can read why its request was rejected', async () => {
  const app = testApp({ origins: [origin] });
  const response = await app.request('/conntrack', { headers: { origin }, token: null });
  expect(response.headers.get('access-control-allow-origin')).toBe(origin);
  await problem(response, 'unauthenticated');
});

test('a preflight response lists methods and headers, without a token', async () => {
  const app = testApp({ origins: [origin] });
  const headers = { origin, 'access-control-request-method': 'DELETE' };
  const response = await app.request('/conntrack', { method: 'OPTIONS', headers, token: null });
  expect(response.status).toBe(204);
  expect(response.headers.get('access-control-allow-origin')).toBe(origin);
  expect(response.headers.get('access-control-allow-methods')).toMatch(/GET.*DELETE|DELETE.*GET/);
  expect(response.headers.get('access-control-allow-headers')).toMatch(/Authorization.*Idempotency-Key/);
});

test.each(['https://evil.example', 'https://noc.example.evil.example', 'http://noc.example', 'null'])(
  'a page of %s is rejected and gets no permission',
  async other => {
    const app = testApp({ origins: [origin] });
    for (const method of ['GET', 'OPTIONS']) {
      const response = await app.request('/conntrack', { method, headers: { origin: other } });
      expect(response.headers.get('access-control-allow-origin')).toBeNull();
      await problem(response, 'origin-forbidden');
    }
  },
);

test('without allowed origins there are no CORS headers', async () => {
  const response = await testApp().request('/conntrack', { headers: { origin } });
  expect(response.headers.get('access-control-allow-origin')).toBeNull();
  await problem(response, 'origin-forbidden');
});

/** Sends a request exactly as written: HTTP clients would resolve dot segments. */
async function raw(text: string): Promise<string> {
  const table = tableOf();
  const server = await serve({ table, netns: () => table, listen: '127.0.0.1:0', adminToken: TOKEN, grace: 50 });
  servers.push(server);
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1', () => socket.end(text));
    socket.on('data', chunk => {
      answer += chunk;
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}
const ask = (path: string): Promise<string> =>
  raw(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${TOKEN}\r\nConnection: close\r\n\r\n`);

test.each([
  '/netns/a/../../conntrack',
  '/netns/a/%2e%2e/%2E./conntrack',
  '/./conntrack',
  '/conntrack/.',
  '/%2e/conntrack',
])('a path with dot segments is rejected: %s', async path => {
  expect(await ask(path)).toMatch(/^HTTP\/1\.1 400 [\s\S]*"code":"request-malformed"/);
});

test('a dot within a segment is accepted', async () => {
  expect(await ask('/netns/a.b/conntrack/count')).toMatch(/^HTTP\/1\.1 200 /);
  expect(await ask('/conntrack/count?src=10.0.0.1')).toMatch(/^HTTP\/1\.1 200 /);
});

test.each([
  ['CONNECT 192.0.2.1:443 HTTP/1.1', 405, 'method-not-allowed'],
  ['BREW /conntrack HTTP/1.1', 400, 'request-malformed'],
  ['POST /conntrack HTTP/1.1\r\nExpect: miracles\r\nContent-Length: 2', 417, 'expectation-failed'],
] as const)('a request that reaches no route is answered with a problem: %s', async (head, status, code) => {
  const answer = await raw(`${head}\r\nHost: 127.0.0.1\r\n\r\n{}`);
  expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  const [, content] = answer.split('\r\n\r\n') as [string, string];
  await problem(new Response(content, { status, headers: { 'content-type': 'application/problem+json' } }), code);
});

test('Expect: 100-continue is answered', async () => {
  const body = JSON.stringify(newFlow);
  const answer = await raw(
    `POST /conntrack HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${TOKEN}\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
  );
  expect(answer).toMatch(/^HTTP\/1\.1 100 Continue[\s\S]*HTTP\/1\.1 201 /);
});

test('an application without configured hosts accepts loopback names only, against DNS rebinding', async () => {
  const app = testApp({ hosts: undefined } as never);
  for (const host of ['localhost', '127.0.0.1:4680', '[::1]'])
    expect((await app.request(`http://${host}/livez`)).status, host).toBe(200);
  const said = await problem(await app.request('http://evil.example/livez'), 'host-forbidden');
  expect(said.detail).toContain(`add the name to 'hosts'`);
  await problem(await app.request('/livez', { headers: { host: 'evil.example' } }), 'host-forbidden');
  const named = testApp({ hosts: { names: ['gw1.example'] } });
  expect((await named.request('http://gw1.example/livez')).status).toBe(200);
});

test('an application accepts every host if the check is switched off', async () => {
  const app = testApp({ hosts: false });
  expect((await app.request('http://evil.example/livez')).status).toBe(200);
});
