import { json } from '../http/context.js';
import { readParameters } from '../http/query/query.js';
import { StatsSchema } from '../schemas/answers.js';
import type { Operation } from './operation.js';

export const stats: Operation = {
  id: 'getStats',
  method: 'get',
  path: '/stats',
  summary: 'Get table statistics',
  description:
    'Returns the number of entries, the maximum, and the counters of each CPU since boot. Does not read the table. Not available to tokens that are limited by a filter.',
  tag: 'server',
  access: 'stats:read',
  whole: true,
  parameters: {},
  answers: { 200: { description: 'The statistics', content: { 'application/json': StatsSchema } } },
  problems: ['not-privileged', 'source-failed'],
  async handle({ raw, table, signal }) {
    readParameters(raw, {});
    return json(await table.stats({ signal }));
  },
};
