import { printQuery } from '@conntrack/filter/print';
import { bodyAlone } from '../http/body/body.js';
import { UpdatedSchema } from '../schemas/answers.js';
import { DrainSchema } from '../schemas/drain.js';
import { FILTERS_TYPES, readWithFilters } from '../schemas/filters-of-body.js';
import { BULK_PROBLEMS, bounded } from './bulk-change.js';
import { changeOrPreview } from './bulk-outcome.js';
import { given, type Operation } from './operation.js';

export const drain: Operation = {
  id: 'drainFlows',
  method: 'post',
  path: '/conntrack/drain',
  summary: 'Drain flows',
  description:
    'Sets a deadline that no traffic extends: the matching flows end within `within` seconds. Flows that already have a deadline keep it, and count as skipped. The scope `flows:delete` is also required, because the flows end. `dryRun`, `maxAffected`, `expect` and skipped flows work as for `PATCH /conntrack`.',
  tag: 'flows',
  access: 'flows:update',
  also: ['flows:delete'],
  mutation: true,
  intends: true,
  parameters: {},
  body: { types: FILTERS_TYPES, schema: DrainSchema },
  answers: {
    200: {
      description: 'Counts of changed and skipped flows; for a dry run, the plan',
      content: { 'application/json': UpdatedSchema },
    },
  },
  problems: [...BULK_PROBLEMS, 'change-invalid'],
  async handle(exchange) {
    const { c, raw, table, audit } = exchange;
    const { body, filters } = await bodyAlone(raw, () => readWithFilters(c, DrainSchema, ['filter', 'filters']));
    const { filter: _, filters: __, within, ...bounds } = body;
    const filter = [...filters.filter, ...filters.filters];
    audit({ filters: filter.map(printQuery), within, ...bounds });
    return changeOrPreview(
      exchange,
      options => table.planDrain({ filter, within }, options),
      bounded(exchange, given(bounds)),
    );
  },
};
