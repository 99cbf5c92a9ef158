import { printQuery } from '@conntrack/filter/print';
import { json } from '../http/context.js';
import { SCAN_PROBLEMS } from '../http/problem/problems.js';
import { readFiltered } from '../http/query/query.js';
import { CountSchema } from '../schemas/answers.js';
import { filterMeta } from './filter-meta.js';
import { freshParameter } from './list-query.js';
import { given, type Operation } from './operation.js';

const parameters = { fresh: freshParameter };

export const count: Operation = {
  id: 'countFlows',
  method: 'get',
  path: '/conntrack/count',
  summary: 'Count flows',
  description:
    'Returns the number of flows that match the filter. With a filter, the whole table is scanned; without one, the kernel’s counter is read.',
  tag: 'flows',
  access: 'flows:read',
  parameters,
  filter: 'read',
  answers: { 200: { description: 'The number of matching flows', content: { 'application/json': CountSchema } } },
  problems: ['filter-invalid', ...SCAN_PROBLEMS],
  async handle({ raw, table, signal }) {
    const { filter, warnings, values } = readFiltered(raw, parameters, 'read');
    const count = await table.count({ filter, signal, ...given(values) });
    return json({
      count,
      ...filterMeta(table, printQuery(filter), warnings),
    });
  },
};
