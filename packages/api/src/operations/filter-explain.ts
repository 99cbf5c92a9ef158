import { explainFilter } from '@conntrack/filter/explain';
import { planKernel } from '@conntrack/table';
import { json } from '../http/context.js';
import { readFiltered } from '../http/query/query.js';
import { ExplanationSchema } from '../schemas/answers.js';
import type { Operation } from './operation.js';

export const filterExplain: Operation = {
  id: 'explainFilter',
  method: 'get',
  path: '/filter/explain',
  summary: 'Explain a filter',
  description:
    'Returns in English what a filter means, what the table must record for it, and which part of it the kernel can evaluate. The table is not read.',
  tag: 'filter',
  access: 'any',
  parameters: {},
  filter: 'read',
  answers: { 200: { description: 'The explanation', content: { 'application/json': ExplanationSchema } } },
  problems: ['filter-invalid'],
  handle({ raw, table }) {
    const { filter, warnings } = readFiltered(raw, {}, 'read');
    return json({
      ...explainFilter(filter),
      plan:
        table.source.kind === 'kernel'
          ? planKernel(filter)
          : { kind: 'scan', why: `every entry of ${table.source.name} is compared` },
      ...(warnings.length > 0 && { warnings }),
    });
  },
};
