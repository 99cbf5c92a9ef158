import { printQuery } from '@conntrack/filter/print';
import { bodyAlone } from '../http/body/body.js';
import { DeletedSchema } from '../schemas/answers.js';
import { FILTERS_TYPES, readWithFilters } from '../schemas/filters-of-body.js';
import { ReconcileSchema } from '../schemas/reconcile.js';
import { BULK_PROBLEMS, bounded } from './bulk-change.js';
import { changeOrPreview } from './bulk-outcome.js';
import { given, type Operation } from './operation.js';

export const reconcile: Operation = {
  id: 'reconcileFlows',
  method: 'post',
  path: '/conntrack/reconcile',
  summary: 'Reconcile flows',
  description:
    'Deletes the flows in a scope that no `keep` filter matches, and returns counts. For controllers that know which flows are right, for example those to the live backends of a service. Costs one scan. A flow without a field that a `keep` filter tests does not match that filter, and is deleted. `dryRun`, `maxAffected`, `expect` and skipped flows work as for `DELETE /conntrack`.',
  tag: 'flows',
  access: 'flows:delete',
  mutation: true,
  intends: true,
  parameters: {},
  body: { types: FILTERS_TYPES, schema: ReconcileSchema },
  answers: {
    200: {
      description: 'Counts of deleted and skipped flows; for a dry run, the plan',
      content: { 'application/json': DeletedSchema },
    },
  },
  problems: BULK_PROBLEMS,
  async handle(exchange) {
    const { c, raw, table, audit } = exchange;
    const { body, filters } = await bodyAlone(raw, () => readWithFilters(c, ReconcileSchema, ['scope', 'keep']));
    const { scope: _, keep: __, ...bounds } = body;
    const scope = filters.scope[0]!;
    audit({ scope: printQuery(scope), keep: filters.keep.map(printQuery), ...bounds });
    return changeOrPreview(
      exchange,
      options => table.planReconcile({ scope, keep: filters.keep }, options),
      bounded(exchange, given(bounds)),
    );
  },
};
