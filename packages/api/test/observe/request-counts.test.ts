import { Histogram, Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { RequestCounts } from '../../src/observe/request-counts.js';

test('request durations are reported as a histogram of prom-client reports them', async () => {
  const registry = new Registry();
  const counts = new RequestCounts();
  const seconds = [0, 0.0005, 0.00051, 0.3, 10, 11, 400];
  for (const each of seconds) counts.add('listFlows', 200, each);
  counts.add('getFlow', 404, 0.002);
  registry.registerMetric(counts.durations('duration_seconds', 'Seconds.'));
  const other = new Registry();
  const histogram = new Histogram({
    name: 'duration_seconds',
    help: 'Seconds.',
    labelNames: ['operation'],
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [other],
  });
  for (const each of seconds) histogram.observe({ operation: 'listFlows' }, each);
  histogram.observe({ operation: 'getFlow' }, 0.002);
  expect(await registry.metrics()).toBe(await other.metrics());
});

test('requests are counted by operation and status', () => {
  const counts = new RequestCounts();
  for (const status of [200, 200, 404]) counts.add('getFlow', status, 0.001);
  counts.add('listFlows', 200, 0.001);
  expect([...counts.statuses()]).toEqual([
    { operation: 'getFlow', status: 200, count: 2 },
    { operation: 'getFlow', status: 404, count: 1 },
    { operation: 'listFlows', status: 200, count: 1 },
  ]);
});
