import { z } from '@hono/zod-openapi';
import { text } from '../http/context.js';
import type { Operation } from './operation.js';

export const metrics: Operation = {
  id: 'getMetrics',
  method: 'get',
  path: '/metrics',
  summary: 'Get metrics',
  description:
    'Returns metrics for Prometheus. Metrics of the table have node_exporter’s names (`node_nf_conntrack_entries`, `node_nf_conntrack_entries_limit`, `node_nf_conntrack_stat_*`), those of the server begin with `conntrack_`. No metric contains an address, a key or a principal.',
  tag: 'server',
  access: 'public',
  parameters: {},
  answers: { 200: { description: 'Prometheus’ text format', content: { 'text/plain': z.string() } } },
  problems: [],
  handle: async ({ metrics, signal }) => text(await metrics.text(signal), metrics.contentType),
};
