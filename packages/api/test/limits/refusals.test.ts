import { ConntrackTable, MemorySource } from '@conntrack/table';
import { afterEach, expect, test, vi } from 'vitest';
import { type RunningServer, type ServeOptions, serve } from '../../src/index.js';
import { type RefusalSummary, Refusals } from '../../src/limits/refusals.js';
import { sample } from '../flows.js';
import { TOKEN } from '../support.js';

const limits = { refusals: 5, refusalLines: 2, window: 60_000 };
const servers: RunningServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map(server => server.close()));
});

type Line = Record<string, unknown>;
async function start(lines: Line[], options: Partial<ServeOptions> = {}): Promise<RunningServer> {
  const table = new ConntrackTable(new MemorySource(sample()));
  const log = (line: object): void => void lines.push(line as Line);
  const server = await serve({ table, listen: '127.0.0.1:0', adminToken: TOKEN, grace: 100, log, limits, ...options });
  servers.push(server);
  return server;
}
const ask = (server: RunningServer, token: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${server.url}/conntrack/count`, { headers: { ...headers, authorization: `Bearer ${token}` } });

test('invalid tokens of one address are answered with 429 and Retry-After, while a valid token still works', async () => {
  const lines: Line[] = [];
  const server = await start(lines);
  const statuses: number[] = [];
  for (let i = 0; i < 12; i++) statuses.push((await ask(server, `wrong-${i}`)).status);
  expect(statuses).toEqual([...Array(5).fill(401), ...Array(7).fill(429)]);
  const limited = await ask(server, 'wrong');
  expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await limited.json()).toMatchObject({ code: 'too-many-requests' });
  expect((await ask(server, TOKEN)).status).toBe(200);
});

test('very many rejected requests leave a few log lines and one summary', async () => {
  const lines: Line[] = [];
  const server = await start(lines);
  for (let i = 0; i < 20; i++) await ask(server, `wrong-${i}`);
  await server.close();
  expect(lines.filter(({ event }) => event === 'refused')).toHaveLength(2);
  expect(lines.filter(({ event }) => event === 'refused-summary')).toMatchObject([
    { remoteAddress: '127.0.0.1', count: 18, codes: { unauthenticated: 18 }, from: expect.stringMatching(/Z$/) },
  ]);
});

test("behind a trusted proxy, the client's address counts, and addresses that the client wrote do not", async () => {
  const lines: Line[] = [];
  const server = await start(lines, { trustedProxies: ['127.0.0.0/8', '10.0.0.1'] });
  await ask(server, 'wrong', { 'x-forwarded-for': '192.0.2.1, 198.51.100.7, 10.0.0.1' });
  await ask(server, 'wrong', { 'x-forwarded-for': 'nonsense' });
  await ask(server, 'wrong', { 'x-forwarded-for': '::ffff:203.0.113.9' });
  expect(lines.map(({ remoteAddress }) => remoteAddress)).toEqual(['198.51.100.7', '127.0.0.1', '203.0.113.9']);
});

test('without a trusted proxy, X-Forwarded-For is ignored', async () => {
  const lines: Line[] = [];
  await ask(await start(lines), 'wrong', { 'x-forwarded-for': '198.51.100.7' });
  expect(lines).toMatchObject([{ remoteAddress: '127.0.0.1' }]);
});

test.each(['10.0.0.0/33', 'fe80::/129', 'x', '10.0.0.0/', '1.2.3.4/8/9', ''])(
  "'%s' is rejected as a trusted proxy",
  async proxy => {
    await expect(start([], { trustedProxies: [proxy] })).rejects.toThrow(/must be an address, a prefix/);
  },
);

test('rejected requests are counted for a whole IPv6 /64, and start over in the next window', () => {
  let now = 0;
  const summaries: RefusalSummary[] = [];
  const refusals = new Refusals(
    limits,
    summary => summaries.push(summary),
    () => now,
  );
  const note = (address: string) => refusals.note(address, 'unauthenticated');
  for (let i = 0; i < 5; i++) expect(note(`2001:db8::${i}`).problem).toBeUndefined();
  expect(note('2001:db8::ffff').problem).toMatchObject({ code: 'too-many-requests' });
  expect(note('2001:db8:0:1::1')).toEqual({ logged: true });
  expect(refusals.note(undefined, 'x')).toEqual({ logged: true });
  now = 60_000;
  expect(note('2001:db8::1')).toEqual({ logged: true });
  expect(summaries).toEqual([
    { remoteAddress: '2001:db8:0:0::/64', from: '1970-01-01T00:00:00.000Z', count: 4, codes: { unauthenticated: 4 } },
  ]);
  refusals.close();
});

test('a window writes its summary at its end, even without further requests', () => {
  vi.useFakeTimers();
  try {
    const summaries: RefusalSummary[] = [];
    const refusals = new Refusals(limits, summary => summaries.push(summary));
    for (let i = 0; i < 4; i++) refusals.note('192.0.2.1', 'scope-missing');
    expect(summaries).toEqual([]);
    vi.advanceTimersByTime(60_000);
    expect(summaries).toMatchObject([{ count: 2, codes: { 'scope-missing': 2 } }]);
  } finally {
    vi.useRealTimers();
  }
});

test('an admin token that can be guessed is rejected at the start', async () => {
  await expect(start([], { adminToken: 'short' })).rejects.toThrow(/has 5 characters; the minimum is 16/);
});

test('a server that other hosts can reach in clear text has a warning, and one on loopback does not', async () => {
  expect((await start([])).warnings).toEqual([]);
  const [warning] = (await start([], { listen: '0.0.0.0:0' })).warnings;
  expect(warning).toMatch(/^0\.0\.0\.0:0 is reachable from other hosts in clear text/);
});
