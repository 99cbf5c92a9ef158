// What a server with an index over the kernel's table tells about it.

import type { Flow } from '@conntrack/flow';
import { Namespace } from '@conntrack/lab';
import { type LocalTable, openTable } from '@conntrack/table';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { noKernel } from '../../../table/test/namespace.js';
import { body, problem, type TestApp, testApp } from '../support.js';

interface Answer {
  count: number;
  index?: { state: string };
  meta: { scanned: number; index?: { state: string; asOf: string; gaps: number } };
}

describe.skipIf(noKernel !== undefined)(`a server with an index (${noKernel ?? 'real'})`, () => {
  let namespace: Namespace;
  let table: LocalTable;
  let app: TestApp;

  beforeAll(async () => {
    namespace = Namespace.create();
    table = await openTable('kernel', { netns: namespace.fd, index: true });
    app = testApp({ table });
    for (const sport of [1, 2, 3])
      await app.json(
        '/conntrack',
        body({
          protocol: 'udp',
          original: { src: `10.0.0.${sport}`, dst: '10.0.0.9', sport, dport: 53 },
          timeout: 300,
        }),
      );
    await vi.waitUntil(async () => {
      const { index } = await table.capabilities();
      return index?.state === 'live' && index.entries === 3;
    }, 60_000);
  });
  afterAll(() => {
    table?.close();
    namespace?.close();
  });

  const index = { state: 'live', asOf: expect.stringMatching(/^\d{4}-\d\d-\d\dT/), gaps: 0 };

  test('lists, counts, rankings and overviews tell the state of the index', async () => {
    expect((await app.json<Answer>('/conntrack?src=10.0.0.2')).meta).toMatchObject({ scanned: 1, matched: 1, index });
    expect(await app.json<Answer>('/conntrack/count?src=10.0.0.2')).toMatchObject({ count: 1, index });
    expect((await app.json<Answer>('/conntrack/top?by=dst')).meta).toMatchObject({ groups: 1, index });
    const overview = await app.json<Answer>('/conntrack/overview', body({ filter: 'dport=53' }));
    expect(overview.meta).toMatchObject({ matched: 3, index });
  });

  test.each([
    '/conntrack?sport=2&fresh=true',
    '/conntrack/count?sport=2&fresh=true',
    '/conntrack/top?by=dst&sport=2&fresh=true',
  ])('%s is answered by the kernel', async path => {
    const before = (await app.json<Answer>('/conntrack/count?sport=2')).count;
    expect(before).toBe(1);
    expect(JSON.stringify(await app.json(path))).toMatch(/"(matched|count)":1\b/);
  });

  test('a list and an overview with an offset are read from a sorted view', async () => {
    const { items, meta } = await app.json<Answer & { items: Flow[] }>('/conntrack?sort=-sport&offset=1&limit=1');
    expect(items.map(({ original }) => original.sport)).toEqual([2]);
    expect(meta).toMatchObject({ matched: 3, more: 1, index });
    const overview = await app.json('/conntrack/overview', body({ sort: '-sport', offset: 1, limit: 1 }));
    expect(overview).toMatchObject({ items, meta: { matched: 3, more: 1 } });
    expect(await app.json('/conntrack?sort=-sport&offset=500000&limit=100')).toMatchObject({
      items: [],
      next: null,
      meta: { matched: 3, more: 0 },
    });
    const fresh = await problem(await app.request('/conntrack?offset=500000&fresh=true'), 'unsupported');
    expect(fresh.detail).toMatch(/only the first 10000 rows .* Leave out fresh/);
  });

  test.each([
    '/conntrack?sort=first-seen&sport=2',
    '/conntrack?first-seen>2020-01-01&sport=2',
    '/conntrack?reads=first-seen&sport=2',
    '/conntrack?fields=first-seen&sport=2',
    '/conntrack?sort=first-seen&offset=0&sport=2',
  ])('%s has the time when the index first saw the flow', async path => {
    const { items } = await app.json<Answer & { items: Flow[] }>(path);
    expect(items).toHaveLength(1);
    expect(Math.abs(Date.parse(items[0]!.firstSeen!) - Date.now())).toBeLessThan(120_000);
  });

  test('a streamed list and an overview have measured fields on request', async () => {
    const csv = await (await app.request('/conntrack/stream?format=csv&fields=sport,first-seen,rate&sport=2')).text();
    expect(csv).toMatch(/"field-unavailable"/);
    const lines = await (await app.request('/conntrack/stream?format=csv&fields=sport,first-seen')).text();
    expect(lines.trim().split('\r\n')).toHaveLength(4);
    expect(lines).toMatch(/^2,\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\r$/m);
    const asked = { filter: 'sport == 2', reads: 'first-seen', limit: 1 };
    expect((await app.json<{ items: Flow[] }>('/conntrack/overview', body(asked))).items[0]).toHaveProperty(
      'firstSeen',
    );
  });

  test.each([
    ['/conntrack?sort=-rate', {}],
    ['/conntrack?rate>1M', {}],
    ['/conntrack?reads=rate', {}],
    ['/conntrack?fields=src,reply.rate', {}],
    ['/conntrack/stream?fields=src,rate', {}],
    ['/conntrack/count?orig.rate>1', {}],
    ['/conntrack/top?by=src&metric=rate', {}],
    ['/conntrack/overview', body({ groups: [{ by: 'src', metric: 'rate' }] })],
    ['/conntrack/overview', body({ counts: { fast: 'rate>1M' } })],
  ])('%s without accounting is refused, and the error names the sysctl', async (path, init) => {
    const { detail } = await problem(await app.request(path, init), 'field-unavailable');
    expect(detail).toMatch(/requires counters, but accounting is off. sysctl net.netfilter.nf_conntrack_acct=1/);
  });

  test('measured fields are refused where the kernel answers: one flow, changes, events, fresh reads', async () => {
    const { items } = await app.json<{ items: Flow[] }>('/conntrack?limit=1');
    const one = await problem(await app.request(`/conntrack/${items[0]!.key}?fields=rate`), 'field-unavailable');
    expect(one.detail).toMatch(/rate is measured by an index, .* List the flow instead/);
    const fresh = await problem(await app.request('/conntrack?sort=first-seen&fresh=true'), 'field-unavailable');
    expect(fresh.detail).toMatch(/Leave out fresh/);
    for (const init of [{ method: 'DELETE' }, { ...body({ mark: 1 }), method: 'PATCH' }])
      expect((await problem(await app.request('/conntrack?rate<1M', init), 'filter-invalid')).errors).toMatchObject([
        { code: 'unavailable', message: expect.stringMatching(/only reads of a table with an index have it/) },
      ]);
    await problem(await app.request('/conntrack/events?first-seen>2020-01-01'), 'filter-invalid');
    expect((await table.capabilities()).count).toBe(3);
  });

  test('a server without an index refuses measured fields, and says how to get them', async () => {
    for (const path of ['/conntrack?sort=-rate', '/conntrack?reads=first-seen', '/conntrack/top?by=src&metric=rate']) {
      const { detail } = await problem(await testApp().request(path), 'field-unavailable');
      expect(detail).toMatch(/not available without an index\. Start the server with --index/);
    }
    await problem(await testApp().request('/conntrack?reads=rat'), 'parameter-invalid');
  });

  test('an overview accepts fresh, and refuses another value', async () => {
    const fresh = await app.json<Answer>('/conntrack/overview', body({ filter: 'dport=53', fresh: true }));
    expect(fresh.meta).toMatchObject({ matched: 3 });
    expect((await app.request('/conntrack/overview', body({ fresh: 'yes' }))).status).toBe(422);
  });

  test('the capabilities describe the index', async () => {
    expect(await app.json('/capabilities')).toMatchObject({
      index: { ...index, entries: 3, uncertain: 0, drift: 0, events: expect.any(Number), bytes: expect.any(Number) },
    });
  });

  test('metrics and findings describe the index', async () => {
    const metrics = await (await app.request('/metrics')).text();
    expect(metrics).toMatch(/^conntrack_index_live 1$/m);
    expect(metrics).toMatch(/^conntrack_index_entries 3$/m);
    expect(metrics).toMatch(/^conntrack_index_drift_total 0$/m);
    const { findings } = await app.json<{ findings: { check: string; status: string }[] }>('/doctor?interval=0');
    expect(findings).toContainEqual(expect.objectContaining({ check: 'index', status: 'ok' }));
  });

  test('a server without an index does not mention one', async () => {
    const answer = await testApp().json<Answer>('/conntrack');
    expect(answer.meta.index).toBeUndefined();
    expect(await (await testApp().request('/metrics')).text()).not.toMatch(/conntrack_index/);
  });
});
