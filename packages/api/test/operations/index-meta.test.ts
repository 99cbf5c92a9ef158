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
