import { request as httpRequest } from 'node:http';
import { gzipSync } from 'node:zlib';
import { parseQuery } from '@conntrack/filter';
import type { Flow } from '@conntrack/flow';
import { describe, expect, test, vi } from 'vitest';
import { hashToken, SCOPES, serve } from '../../src/index.js';
import { sample, tcpFlow } from '../flows.js';
import { failingAfter, problem, type TestApp, TOKEN, tableOf, testApp, withScopes } from '../support.js';

const linesOf = (flows: readonly Flow[]): string => flows.map(flow => `${JSON.stringify(flow)}\n`).join('');
const send = (text: string | Uint8Array, type = 'application/x-ndjson'): RequestInit => ({
  method: 'POST',
  body: text as never,
  headers: { 'content-type': type },
});
const restore = <T = Record<string, unknown>>(app: TestApp, text: string | Uint8Array, query = ''): Promise<T> =>
  app.json<T>(`/conntrack/restore${query}`, send(text));
const countOf = async (app: TestApp): Promise<number> => (await app.json<{ count: number }>('/conntrack/count')).count;
const empty = (): TestApp => testApp({ table: tableOf([]) });
const many = (count: number): Flow[] => Array.from({ length: count }, (_, n) => tcpFlow(n));

describe('a snapshot', () => {
  test('a snapshot is NDJSON or -o save, and a restore creates its entries again', async () => {
    const app = testApp();
    for (const [query, headers] of [
      ['', {}],
      ['?format=save', {}],
      ['', { accept: 'text/plain' }],
    ] as const) {
      const response = await app.request(`/conntrack/snapshot${query}`, { headers });
      const text = await response.text();
      expect(text.includes('"type":"end"')).toBe(response.headers.get('content-type')!.includes('ndjson'));
      const copy = empty();
      expect(await restore(copy, text)).toMatchObject({ read: 12, created: 12, existed: 0, refused: 0, badLines: 0 });
      expect(await countOf(copy)).toBe(12);
    }
  });

  test('a snapshot has the flows that match a filter, and HEAD counts them', async () => {
    const app = testApp();
    const text = await (await app.request('/conntrack/snapshot?proto=udp&format=save')).text();
    expect(text.trim().split('\n')).toHaveLength(1);
    const head = await app.request('/conntrack/snapshot?proto=tcp', { method: 'HEAD' });
    expect(head.headers.get('x-total-count')).toBe('10');
    await problem(await app.request('/conntrack/snapshot?dprot=1'), 'filter-invalid');
    await problem(await app.request('/conntrack/snapshot?format=json'), 'parameter-invalid');
    await problem(await app.request('/conntrack/snapshot', { headers: { accept: 'text/csv' } }), 'not-acceptable');
  });
});

describe('a restore', () => {
  test('a restore reports created, existing and refused flows with the reasons', async () => {
    const app = testApp();
    const other = { ...tcpFlow(99), original: { ...tcpFlow(99).original, src: 'fe80::1' } };
    const report = await restore(app, linesOf([tcpFlow(1), tcpFlow(50), tcpFlow(51)]));
    expect(report).toMatchObject({
      dryRun: false,
      read: 3,
      created: 2,
      existed: 1,
      refused: 0,
      refusals: [],
      lost: { counters: 2 },
    });
    expect(report).not.toHaveProperty('ready');
    expect(await countOf(app)).toBe(14);
    expect((await app.request('/conntrack/restore', send(linesOf([other])))).status).toBe(422);
  });

  test.each([
    [
      'conntrack -L',
      'udp      17 29 src=192.0.2.1 dst=192.0.2.53 sport=5353 dport=53 src=192.0.2.53 dst=192.0.2.1 sport=53 dport=5353 mark=7 use=1\n',
    ],
    ['gzip', gzipSync(linesOf(many(3)))],
    ['JSON pages', JSON.stringify({ items: many(3), next: null, meta: {} })],
  ] as const)('a restore reads %s', async (_, text) => {
    const app = empty();
    expect(await restore(app, text)).toMatchObject({ refused: 0, badLines: 0 });
    expect(await countOf(app)).toBeGreaterThan(0);
  });

  test('a dry run of a restore creates nothing', async () => {
    const app = testApp();
    expect(await restore(app, linesOf([tcpFlow(1), tcpFlow(50)]), '?dryRun')).toMatchObject({
      dryRun: true,
      read: 2,
      created: 0,
      ready: 1,
      existed: 1,
    });
    expect(await countOf(app)).toBe(12);
    expect(app.lines.map(({ event }) => event)).toEqual(['audit']);
  });

  test('a restore ends at an invalid line and reports what was created before, or skips the line and reports it', async () => {
    const text = `${linesOf(many(2))}{"family":\n${linesOf([tcpFlow(7)])}`;
    const app = empty();
    const answer = await problem(await app.request('/conntrack/restore', send(text)), 'body-invalid');
    expect(answer).toMatchObject({
      detail: expect.stringMatching(/line 3\b.*2 entries were created before/s),
      errors: [{ code: 'JSON_EXPECTED' }],
      result: { created: 2, read: 2 },
    });
    const report = await restore(app, text, '?skipBadLines');
    expect(report).toMatchObject({ created: 1, existed: 2, badLines: 1, faults: [{ line: 3 }] });
    expect(await countOf(app)).toBe(3);
    expect(app.lines.filter(({ event }) => event === 'audit')).toMatchObject([
      { outcome: 'body-invalid', created: 2 },
      { outcome: 'ok', created: 1, existed: 2, badLines: 1 },
    ]);
  });

  test('a restore of text that is not a capture creates nothing', async () => {
    for (const text of ['nonsense\n', '{"a":1}\n', 'x'.repeat(100_000)]) {
      const app = empty();
      await problem(await app.request('/conntrack/restore', send(text)), 'body-invalid');
      await problem(await app.request('/conntrack/restore?skipBadLines', send(text)), 'body-invalid');
      expect(await countOf(app)).toBe(0);
    }
    await problem(await empty().request('/conntrack/restore', send('', 'image/png')), 'media-type-unsupported');
  });

  test('a restore has limits for bytes, decompressed bytes and flows, and reports what was created before', async () => {
    const limited = (limits: object) => testApp({ table: tableOf([]), limits });
    const text = linesOf(many(200));
    const small = limited({ restoreBytes: 1000 });
    await problem(await small.request('/conntrack/restore', send(text)), 'body-too-large');
    const packed = gzipSync(`${text}${'\n'.repeat(2_000_000)}`);
    expect(packed.length).toBeLessThan(20_000);
    const bomb = limited({ restoreBytes: 300_000 });
    await problem(await bomb.request('/conntrack/restore', send(packed)), 'body-too-large');
    await problem(await empty().request('/conntrack/restore', send(gzipSync(gzipSync(text)))), 'body-invalid');
    await problem(await empty().request('/conntrack/restore', send(gzipSync(text).subarray(0, 900))), 'body-invalid');
    const few = limited({ maxAffected: 150 });
    const answer = await problem(await few.request('/conntrack/restore', send(text)), 'too-many-affected');
    expect(answer).toMatchObject({ result: { created: 150 } });
    expect(await countOf(few)).toBe(150);
  });

  test('a restore of a token with a filter creates no flow outside of it, and a dry run says so', async () => {
    const table = tableOf([]);
    const filter = parseQuery('src=10.0.0.0/30').filter;
    const app = testApp({ table, auth: { tokens: [{ name: 't', sha256: hashToken(TOKEN), scopes: SCOPES, filter }] } });
    for (const [query, made] of [
      ['?dryRun', { ready: 4, created: 0 }],
      ['', { created: 4 }],
    ] as const)
      expect(await restore(app, linesOf(many(10)), query)).toMatchObject({
        ...made,
        read: 10,
        refused: 6,
        refusals: [{ code: 'outside', count: 6 }],
      });
    expect(await table.count()).toBe(4);
  });

  test('a restore needs flows:create', async () => {
    const app = testApp({ auth: withScopes(['flows:update', 'flows:delete']) });
    await problem(await app.request('/conntrack/restore', send(linesOf(many(1)))), 'scope-missing');
  });

  test('a restore leaves an intent and an audit line with its counts', async () => {
    const app = testApp();
    await restore(app, linesOf([tcpFlow(1), tcpFlow(50)]));
    const type = 'application/x-ndjson';
    expect(app.lines).toMatchObject([
      { event: 'intent', operation: 'restoreFlows', type },
      { event: 'audit', operation: 'restoreFlows', type, outcome: 'ok', read: 2, created: 1, existed: 1, refused: 0 },
    ]);
  });

  test('a restore with an Idempotency-Key is made once, and its body has the limit of other bodies', async () => {
    const app = empty();
    const keyed = (text: string): RequestInit => ({
      ...send(text),
      headers: { 'content-type': 'text/plain', 'idempotency-key': 'r' },
    });
    const first = await (await app.request('/conntrack/restore', keyed(linesOf(many(3))))).json();
    expect(first).toMatchObject({ created: 3 });
    const again = await app.request('/conntrack/restore', keyed(linesOf(many(3))));
    expect([again.headers.get('idempotency-replayed'), await again.json()]).toEqual(['true', first]);
    const large = await app.request('/conntrack/restore', keyed(linesOf(many(3000))));
    expect(await problem(large, 'body-too-large')).toMatchObject({ detail: expect.stringMatching(/Idempotency-Key/) });
    expect(await restore(app, linesOf(many(3000)))).toMatchObject({ created: 2997, existed: 3 });
  });

  test('a restore stops when the table fails', async () => {
    const app = testApp({ table: failingAfter(2) });
    const answer = await problem(await app.request('/conntrack/restore', send(linesOf(many(5)))), 'source-failed');
    expect(answer).toMatchObject({ result: { created: 2 } });
  });

  test('a restore creates entries while its body arrives, and ends with its client, with its counts in the audit log', async () => {
    const lines: Record<string, unknown>[] = [];
    const table = tableOf([]);
    const log = (line: object): void => void lines.push(line as Record<string, unknown>);
    await using server = await serve({ table, listen: '127.0.0.1:0', adminToken: TOKEN, log, grace: 100 });
    const sent = httpRequest(`${server.url}/conntrack/restore`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/x-ndjson' },
    });
    sent.on('error', () => {});
    sent.write(linesOf(many(20)));
    await vi.waitFor(async () => expect(await table.count()).toBeGreaterThan(18));
    sent.write(linesOf([tcpFlow(100)]).slice(0, 50));
    const closed = new Promise(resolve => sent.once('close', resolve));
    sent.destroy();
    await closed;
    await vi.waitFor(() => expect(lines).toHaveLength(2));
    expect(lines).toMatchObject([
      { event: 'intent', operation: 'restoreFlows' },
      { event: 'audit', operation: 'restoreFlows', outcome: 'client-left', status: 499, created: await table.count() },
    ]);
  });
});

test('sample flows of any protocol can be restored', async () => {
  const app = empty();
  expect(await restore(app, linesOf(sample()))).toMatchObject({ created: 12, refused: 0 });
});

test('a restore that skips invalid lines ends when there are too many, and reports what was created before', async () => {
  const app = testApp({ table: tableOf([]), limits: { restoreBadLines: 3 } });
  const bad = '{"a":1}\n';
  const report = await restore(app, `${linesOf(many(2))}${bad.repeat(3)}`, '?skipBadLines');
  expect(report).toMatchObject({ created: 2, badLines: 3 });
  const text = `${linesOf([tcpFlow(7)])}${bad.repeat(4)}${linesOf([tcpFlow(8)])}`;
  const answer = await problem(await app.request('/conntrack/restore?skipBadLines', send(text)), 'body-invalid');
  expect(answer).toMatchObject({
    detail: expect.stringMatching(/^line 5 is invalid, .* 3 invalid lines .*1 entry was created before/s),
    errors: [2, 3, 4, 5].map(line => ({ message: expect.stringMatching(`^line ${line}: `) })),
    result: { created: 1 },
  });
  expect(await countOf(app)).toBe(3);
});

test('a million invalid lines cost no more than the first thousand', async () => {
  const text = `${linesOf([tcpFlow(7)])}${'{"a":1}\n'.repeat(1_000_000)}`;
  const answer = await problem(await empty().request('/conntrack/restore?skipBadLines', send(text)), 'body-invalid');
  expect(answer.detail).toMatch(/^line 1002 is invalid, and 1000 invalid lines /);
});

test('other requests are answered while a restore reads very many invalid lines', async () => {
  let turns = 0;
  let reading = true;
  const turn = (): void => {
    turns++;
    if (reading) setImmediate(turn);
  };
  turn();
  const limits = { restoreBadLines: 10_000 };
  const response = await testApp({ limits }).request('/conntrack/restore?dryRun=true&skipBadLines=true', {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: '{"a":1}\n'.repeat(8_000),
  });
  reading = false;
  expect(response.status).toBe(422);
  // 64 KiB arrive at once: without pauses they would be processed in one turn.
  expect(turns).toBeGreaterThan(8);
});
