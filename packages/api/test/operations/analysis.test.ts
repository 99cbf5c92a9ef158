import type { Expectation } from '@conntrack/flow';
import { ConntrackTable, MemorySource } from '@conntrack/table';
import { expect, test } from 'vitest';
import { sample } from '../flows.js';
import { body, problem, tableOf, testApp } from '../support.js';

interface Items<T> {
  items: T[];
  next: null;
  meta: { matched: number; total: number };
}

test('top groups are grouped by a field, largest first', async () => {
  const app = testApp();
  const { items, meta } = await app.json<Items<{ group: string; value: number }>>('/conntrack/top?by=proto');
  expect(items[0]).toEqual({ group: 'tcp', values: { proto: 'tcp' }, filter: 'proto=tcp', value: 10, error: 0 });
  expect(meta).toMatchObject({ by: 'proto', metric: 'flows', matched: 12, total: 12, approximate: false });
  const bytes = await app.json<Items<{ value: number }>>('/conntrack/top?by=src&metric=bytes&k=3&proto=tcp');
  expect(bytes.items).toHaveLength(3);
  expect(bytes.items.map(({ value }) => value)).toEqual(
    bytes.items.map(({ value }) => value).sort((one, other) => other - one),
  );
  expect(bytes.meta.matched).toBe(10);
});

test('top groups can have several fields, prefixes and distinct values', async () => {
  const app = testApp();
  const query = 'by=src/24,proto&distinct=dport&proto=tcp';
  const { items, meta } = await app.json<Items<{ value: number; distinct: number; filter: string }>>(
    `/conntrack/top?${query}`,
  );
  expect(meta).toMatchObject({ by: 'src/24,proto', distinct: 'dport', metric: 'distinct', distinctApproximate: false });
  expect(items.length).toBeGreaterThan(0);
  for (const { value, distinct, filter } of items) {
    expect(value).toBe(distinct);
    expect(filter).toContain('proto=tcp');
    const ports = await app.json<Items<{ value: number }>>(`/conntrack/top?by=dport&${filter}`);
    expect(ports.items).toHaveLength(distinct);
  }
  const posted = { filter: 'proto == tcp', by: ['src/24', 'proto'], distinct: 'dport' };
  expect(await app.json('/conntrack/top', body(posted))).toEqual({ items, meta });
});

test('a long filter limits the number of groups, because each group repeats it', async () => {
  const filter = `src in {${Array.from({ length: 9000 }, (_, i) => `10.1.${i >> 8}.${i & 255}`).join(', ')}}`;
  const app = testApp();
  const answer = await app.request('/conntrack/top', body({ filter, by: 'src', k: 1000 }));
  expect((await problem(answer, 'parameter-invalid')).detail).toMatch(
    /^k: must be at most \d+ with a filter of this length/,
  );
  expect((await app.request('/conntrack/top', body({ filter, by: 'src' }))).status).toBe(200);
});

test.each([
  '',
  'by=colour',
  'by=src,src',
  'by=dport/8',
  'by=src&distinct=colour',
  'by=src&metric=distinct',
  'by=src&metric=weight',
  'by=src&k=0',
  'by=src&k=10001',
])('an invalid request for top groups is rejected: %s', async query => {
  await problem(await testApp().request(`/conntrack/top?${query}`), 'parameter-invalid');
});

test('statistics have the count, the maximum and the counters', async () => {
  const table = new ConntrackTable(new MemorySource(sample(), { max: 24 }));
  expect(await testApp({ table }).json('/stats')).toEqual({ count: 12, max: 24, fill: 0.5, cpus: [], total: {} });
});

const expectation = (dport: number, helper = 'ftp'): Expectation => ({
  family: 'ipv4',
  protocol: 'tcp',
  protonum: 6,
  tuple: { src: '10.0.0.1', dst: '10.0.0.2', sport: 0, dport },
  master: { src: '10.0.0.1', dst: '10.0.0.2', sport: 1000, dport: 21 },
  timeout: 100,
  helper,
});
const expecting = () =>
  testApp({
    table: new ConntrackTable(
      new MemorySource([], { expectations: [expectation(4000), expectation(4001), expectation(5060, 'sip')] }),
    ),
  });
type Expectations = Items<Expectation & { key: string }>;

test('expectations are listed and filtered by their members', async () => {
  const app = expecting();
  expect(await app.json<Expectations>('/expectations')).toMatchObject({
    items: [expectation(4000), expectation(4001), expectation(5060, 'sip')],
    next: null,
    meta: { scanned: 3, matched: 3 },
  });
  expect((await app.json<Expectations>('/expectations?helper=ftp&limit=1')).meta).toEqual({ scanned: 3, matched: 2 });
  const one =
    'family=ipv4&proto=tcp&src=10.0.0.1&dst=10.0.0.2&dport=4001&master.src=10.0.0.1&master.dst=10.0.0.2&zone=0';
  expect((await app.json<Expectations>(`/expectations?${one}`)).items).toMatchObject([expectation(4001)]);
  await problem(await app.request('/expectations?colour=1'), 'parameter-invalid');
  await problem(await app.request('/expectations?src=x&proto=y'), 'parameter-invalid');
});

test('an expectation is deleted by its key, and the delete is audited', async () => {
  const app = expecting();
  const { key } = (await app.json<Expectations>('/expectations?dport=4000')).items[0]!;
  expect((await app.request(`/expectations/${key}`, { method: 'DELETE' })).status).toBe(204);
  await problem(await app.request(`/expectations/${key}`, { method: 'DELETE' }), 'not-found');
  await problem(await app.request('/expectations/x', { method: 'DELETE' }), 'key-invalid');
  expect((await app.json<Expectations>('/expectations')).meta.matched).toBe(2);
  expect(app.lines).toMatchObject([
    { event: 'audit', operation: 'deleteExpectation', key, outcome: 'ok' },
    { outcome: 'not-found' },
    { outcome: 'key-invalid' },
  ]);
});

test('a flush of expectations must be confirmed', async () => {
  const app = expecting();
  await problem(await app.request('/expectations/flush', body({})), 'body-invalid');
  await problem(await app.request('/expectations/flush', body({ confirm: 'flush', helper: '' })), 'body-invalid');
  expect(await app.json('/expectations/flush', body({ confirm: 'flush', helper: 'sip' }))).toEqual({
    flushed: { helper: 'sip' },
  });
  expect((await app.json<Expectations>('/expectations')).meta.matched).toBe(2);
  await app.json('/expectations/flush', body({ confirm: 'flush' }));
  expect((await app.json<Expectations>('/expectations')).items).toEqual([]);
  expect(app.lines.at(-1)).toMatchObject({ operation: 'flushExpectations', scope: { all: true } });
});

test('a fixed path is not treated as a key', async () => {
  await problem(await testApp().request('/expectations/flush', { method: 'DELETE' }), 'method-not-allowed');
});

test('only a kernel’s table can be checked', async () => {
  await problem(await testApp({ table: tableOf() }).request('/doctor'), 'unsupported');
  await problem(await testApp({ table: tableOf() }).request('/doctor?interval=10001'), 'parameter-invalid');
});
