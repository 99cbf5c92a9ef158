import { printQuery } from '@conntrack/filter/print';
import { json } from '../http/context.js';
import { SCAN_PROBLEMS } from '../http/problem/problems.js';
import { readFiltered } from '../http/query/query.js';
import { CountSchema } from '../schemas/answers.js';
import type { Operation } from './operation.js';

export const count: Operation = {
  id: 'countFlows',
  method: 'get',
  path: '/conntrack/count',
  summary: 'Count flows',
  description:
    'Returns the number of flows that match the filter. With a filter, the whole table is scanned; without one, the kernel’s counter is read.',
  tag: 'flows',
  access: 'flows:read',
  parameters: {},
  filter: 'read',
  answers: { 200: { description: 'The number of matching flows', content: { 'application/json': CountSchema } } },
  problems: ['filter-invalid', ...SCAN_PROBLEMS],
  async handle({ raw, table, signal }) {
    const { filter, warnings } = readFiltered(raw, {}, 'read');
    const count = await table.count({ filter, signal });
    return json({ count, filter: printQuery(filter), ...(warnings.length > 0 && { warnings }) });
  },
};
