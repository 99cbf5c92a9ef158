import { json } from '../http/context.js';
import { readParameters } from '../http/query.js';
import type { Operation } from '../operation.js';
import { StatsSchema } from '../schemas/answers.js';

/** `GET /stats`. */
export const stats: Operation = {
  id: 'getStats',
  method: 'get',
  path: '/stats',
  summary: 'How full the table is, and what each CPU has counted since boot',
  tag: 'server',
  access: 'stats:read',
  whole: true,
  parameters: {},
  answers: { 200: { description: 'The numbers', content: { 'application/json': StatsSchema } } },
  problems: ['not-privileged', 'source-failed'],
  async handle({ raw, table, signal }) {
    readParameters(raw, {});
    return json(await table.stats({ signal }));
  },
};
