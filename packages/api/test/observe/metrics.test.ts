import { ConntrackTable, MemorySource, TableError, type TableStats } from '@conntrack/table';
import { expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { serve } from '../../src/index.js';
import { sample, tcpFlow } from '../flows.js';
import { body, newPlan, type TestApp, TOKEN, tableOf, testApp } from '../support.js';

/** The samples by name and labels, as Prometheus would parse them. Each must be well-formed and declared. */
async function scrape(app: TestApp): Promise<Record<string, number>> {
  const response = await app.request('/metrics', {
    token: null,
    headers: { accept: 'application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1' },
  });
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  const samples: Record<string, number> = {};
  const declared = new Set<string>();
  for (const line of (await response.text()).trim().split('\n')) {
    const type = /^# (?:HELP|TYPE) (\w+) \S/.exec(line)?.[1];
    if (type !== undefined) declared.add(type);
    if (line.startsWith('#') || line === '') continue;
    const match = /^(\w+)(?:\{((?:\w+="[^"\n]*",?)+)\})? (-?[\d.e+-]+|Nan)$/.exec(line);
    expect(match, line).not.toBeNull();
    const [, name, labels, value] = match!;
    expect(declared, line).toContain(name!.replace(/_(bucket|sum|count)$/, declared.has(name!) ? '$&' : ''));
    samples[labels === undefined ? name! : `${name}{${labels}}`] = Number(value);
  }
  return samples;
}

/** A table in memory with the counters of a kernel. */
class Counting extends MemorySource {
  async stats(): Promise<TableStats['cpus']> {
    return [
      { cpu: 0, found: 1, invalid: 2, insertFailed: 3, drop: 4, earlyDrop: 5, searchRestart: 6, ignore: 7, insert: 8 },
      { cpu: 1, found: 10 },
    ];
  }
}

test('metrics of the table have the names of node_exporter', async () => {
  const app = testApp({ table: new ConntrackTable(new Counting(sample(), { max: 100 })) });
  expect(await scrape(app)).toMatchObject({
    node_nf_conntrack_entries: 12,
    node_nf_conntrack_entries_limit: 100,
    node_nf_conntrack_stat_found: 11,
    node_nf_conntrack_stat_invalid: 2,
    node_nf_conntrack_stat_insert_failed: 3,
    node_nf_conntrack_stat_drop: 4,
    node_nf_conntrack_stat_early_drop: 5,
    node_nf_conntrack_stat_search_restart: 6,
    node_nf_conntrack_stat_ignore: 7,
    node_nf_conntrack_stat_insert: 8,
    conntrack_up: 1,
  });
});

test('a counter that the source does not have is absent from the metrics', async () => {
  expect(Object.keys(await scrape(testApp())).filter(name => name.startsWith('node_nf_conntrack_stat'))).toEqual([]);
});

test('a table that cannot be read is reported in the metrics, and all others are still present', async () => {
  class Failing extends MemorySource {
    override async capabilities(): Promise<never> {
      throw new TableError('NOT_PRIVILEGED', 'no');
    }
  }
  const samples = await scrape(testApp({ table: new ConntrackTable(new Failing()) }));
  expect(samples).toMatchObject({ conntrack_up: 0 });
  expect(samples).not.toHaveProperty('node_nf_conntrack_entries');
});

test('requests, changes, rejections, dumps, plans and events are counted in the metrics', async () => {
  const app = testApp();
  await app.json('/conntrack');
  await app.request('/conntrack?dprot=1');
  await app.json('/conntrack?proto=udp', { method: 'DELETE' });
  await app.json('/conntrack/plans', body(newPlan));
  await app.request('/conntrack', { token: 'wrong' });
  await app.request('/nowhere');
  const stream = await app.request('/conntrack/events');
  const samples = await scrape(app);
  await stream.body!.cancel();
  expect(samples).toMatchObject({
    'conntrack_http_requests_total{operation="listFlows",status="200"}': 1,
    'conntrack_http_requests_total{operation="listFlows",status="400"}': 1,
    'conntrack_http_requests_total{operation="listFlows",status="401"}': 1,
    'conntrack_http_requests_total{operation="none",status="404"}': 1,
    'conntrack_http_request_duration_seconds_count{operation="listFlows"}': 3,
    'conntrack_audit_records_total{operation="deleteFlows",outcome="ok"}': 1,
    'conntrack_audit_records_total{operation="createPlan",outcome="ok"}': 1,
    'conntrack_http_refused_total{code="unauthenticated"}': 1,
    conntrack_dumps_running: 0,
    conntrack_dumps_total: 3,
    conntrack_plans_waiting: 1,
    conntrack_event_subscribers: 1,
    'conntrack_event_gaps_total{place="kernel"}': 0,
    [`conntrack_build_info{version="${manifest.version}",node="${process.version}"}`]: 1,
  });
  expect(samples.process_resident_memory_bytes).toBeGreaterThan(1e7);
});

test('each network namespace that was used has its count in the metrics', async () => {
  const blue = tableOf([tcpFlow(1)]);
  const app = testApp({ netns: () => blue });
  await app.json('/netns/blue/conntrack');
  expect(await scrape(app)).toMatchObject({
    'conntrack_entries{netns=""}': 12,
    'conntrack_entries{netns="blue"}': 1,
    node_nf_conntrack_entries: 12,
  });
});

test('metrics contain no token, address or key', async () => {
  const app = testApp();
  await app.request('/conntrack?src=10.0.0.1');
  const text = await (await app.request('/metrics')).text();
  expect(text).not.toMatch(/10\.0\.0|ct1\.|tester/);
  expect(text).not.toContain(TOKEN);
});

test('a response contains the time that it took', async () => {
  await using server = await serve({ table: tableOf(), listen: '127.0.0.1:0', anonymous: 'read' });
  for (const path of ['/conntrack', '/conntrack?format=ndjson', '/conntrack/events', '/conntrack/x', '/docs']) {
    const { headers, body } = await fetch(server.url + path);
    await body!.cancel();
    expect(headers.get('server-timing'), path).toMatch(/^total;dur=\d+\.\d{3}$/);
    expect(headers.get('x-request-id'), path).toMatch(/^[0-9a-f-]{36}$/);
  }
});
