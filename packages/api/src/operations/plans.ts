import type { Plan } from '@conntrack/table';
import { requireScope } from '../http/auth.js';
import { readBody, refuseBody } from '../http/body.js';
import { json } from '../http/context.js';
import { readParameters } from '../http/query.js';
import { given, type Operation } from '../operation.js';
import { type Fault, Problem, type ProblemCode, SCAN_PROBLEMS } from '../problems.js';
import { readBodyFilter } from '../schemas/filter-body.js';
import { ExecutedSchema, NewPlanBody, NewPlanSchema, PlanSchema } from '../schemas/plan.js';
import type { Scope } from '../scopes.js';
import { bounded, outcome } from './bulk.js';
import { handleOf } from './plan-handle.js';

const types = ['application/json'];
const either: readonly Scope[] = ['flows:delete', 'flows:update'];
const scopeOf = (change: Plan['change']): Scope => (change === 'delete' ? 'flows:delete' : 'flows:update');

function filtersOf({ filter, filters }: { filter?: unknown; filters?: readonly unknown[] | undefined }) {
  const faults: Fault[] = [];
  const given = filters ?? [filter];
  const read = given.map((each, i) =>
    readBodyFilter(each, filters === undefined ? '/filter' : `/filters/${i}`, 'change', faults),
  );
  if (faults.length > 0)
    throw new Problem('filter-invalid', faults.map(({ pointer, message }) => `${pointer}: ${message}`).join('; '), {
      errors: faults,
    });
  return read.map(each => each!.filter);
}

const problems: readonly ProblemCode[] = [...SCAN_PROBLEMS];

/** `POST /conntrack/plans`. */
export const makePlan: Operation = {
  id: 'makePlan',
  method: 'post',
  path: '/conntrack/plans',
  summary: 'Preview a change of many flows',
  description:
    'Looks which flows a change would touch, for one filter or many in one scan, and changes nothing. The plan is kept for a minute, for the caller alone, and acts once: on the flows that it saw, and on no flow that appeared since. It takes the scope of its change.',
  tag: 'flows',
  access: either,
  mutation: true,
  parameters: {},
  body: { types, schema: NewPlanSchema },
  answers: { 201: { description: 'The plan', content: { 'application/json': PlanSchema } } },
  problems: [...problems, 'filter-invalid', 'filter-required', 'parameter-invalid', 'too-many-plans'],
  async handle(exchange) {
    const { c, raw, table, principal, plans, base, audit } = exchange;
    readParameters(raw, {});
    const body = await readBody(c, types, NewPlanBody);
    const { change } = body;
    audit({ change });
    requireScope(principal, scopeOf(change));
    const filters = filtersOf(body);
    const { maxAffected, expect, tolerance } = body;
    const options = bounded(exchange, given({ maxAffected, expect, tolerance }));
    plans.admit(principal);
    const plan = await table.plan(filters, change, options);
    plans.keep(plan, principal, base);
    const { id, count, matched, skipped, skips, breakdown, sample, filters: counted } = plan;
    audit({ plan: id, filters: counted.map(({ filter }) => filter), count, matched, skipped });
    return json(
      { ...handleOf(plan, base), change, count, matched, skipped, skips, breakdown, sample, filters: counted },
      201,
    );
  },
};

/** `POST /conntrack/plans/{id}/execute`. */
export const executePlan: Operation = {
  id: 'executePlan',
  method: 'post',
  path: '/conntrack/plans/{plan}/execute',
  summary: 'Make a change that was previewed',
  description: 'Touches the flows that the plan saw and that are still there, and no other. It works once.',
  tag: 'flows',
  access: either,
  mutation: true,
  parameters: {},
  answers: { 200: { description: 'What was changed', content: { 'application/json': ExecutedSchema } } },
  problems: [
    ...problems,
    'plan-unknown',
    'plan-used',
    'plan-expired',
    'too-many-affected',
    'expect-mismatch',
    'unsupported',
  ],
  async handle(exchange) {
    const { c, raw, principal, plans, base, signal, audit } = exchange;
    const id = c.req.param('plan')!;
    readParameters(raw, {});
    refuseBody(c);
    const plan = plans.take(id, principal, base, ({ change }) => {
      requireScope(principal, scopeOf(change));
    });
    const { change, filters } = plan;
    audit({ plan: id, change, filters: filters.map(({ filter }) => filter) });
    return outcome(exchange, plan.execute({ signal }), change === 'delete' ? 'deleted' : 'updated');
  },
};
