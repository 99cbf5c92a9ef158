import { z } from '@hono/zod-openapi';
import { text } from '../http/context.js';
import type { Operation } from '../operation.js';

/** `GET /metrics`. */
export const metrics: Operation = {
  id: 'getMetrics',
  method: 'get',
  path: '/metrics',
  summary: 'Numbers for Prometheus',
  description:
    'The table’s under node_exporter’s names (`node_nf_conntrack_entries`, `node_nf_conntrack_entries_limit`, `node_nf_conntrack_stat_*`), the server’s own as `conntrack_*`. No address, key or principal stands in them.',
  tag: 'server',
  access: 'public',
  parameters: {},
  answers: { 200: { description: 'Prometheus’ text format', content: { 'text/plain': z.string() } } },
  problems: [],
  handle: async ({ metrics, signal }) => text(await metrics.text(signal), metrics.contentType),
};
