import { printQuery } from '@conntrack/filter';
import { bodyAlone } from '../http/body.js';
import { given, type Operation } from '../operation.js';
import { UpdatedSchema } from '../schemas/answers.js';
import { DrainSchema } from '../schemas/drain.js';
import { FILTERS_TYPES, readWithFilters } from '../schemas/filters-of-body.js';
import { BULK_PROBLEMS, bounded, changeOrPreview } from './bulk.js';

/** `POST /conntrack/drain`. */
export const drain: Operation = {
  id: 'drainFlows',
  method: 'post',
  path: '/conntrack/drain',
  summary: 'Give flows a deadline that no traffic extends',
  description:
    'Within `within` seconds of the change, the flows are gone; a flow that ends earlier is gone earlier. Flows that already have a deadline keep it, and count as skipped. It needs `flows:update` and, because it ends flows, `flows:delete`.',
  tag: 'flows',
  access: 'flows:update',
  also: ['flows:delete'],
  mutation: true,
  parameters: {},
  body: { types: FILTERS_TYPES, schema: DrainSchema },
  answers: { 200: { description: 'What was changed', content: { 'application/json': UpdatedSchema } } },
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
