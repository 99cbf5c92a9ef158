import { printQuery } from '@conntrack/filter/print';
import type { Plan } from '@conntrack/table';
import type { Scope } from '../auth/scopes.js';
import { requireChange } from '../auth/scopes-of-change.js';
import { bodyAlone, refuseBody } from '../http/body/body.js';
import { json } from '../http/context.js';
import { type ProblemCode, SCAN_PROBLEMS } from '../http/problem/problems.js';
import { readParameters } from '../http/query/query.js';
import { planAnswerOf } from '../plans/plan-answer.js';
import { FILTERS_TYPES, readWithFilters } from '../schemas/filters-of-body.js';
import { ExecutedSchema, NewPlanBody, NewPlanSchema, PlanRecordSchema, PlanSchema } from '../schemas/plan.js';
import { bounded } from './bulk-change.js';
import { auditOf, countsOf, doneOf, outcome } from './bulk-outcome.js';
import { given, type Operation } from './operation.js';

const either: readonly Scope[] = ['flows:delete', 'flows:update'];

const problems: readonly ProblemCode[] = [...SCAN_PROBLEMS];

export const makePlan: Operation = {
  id: 'createPlan',
  method: 'post',
  path: '/conntrack/plans',
  summary: 'Create a plan',
  description:
    'Previews a change: finds the flows that it would affect, with one scan for up to 1,000 filters, and changes nothing. The plan can be executed once, within 60 seconds, and only by its caller. The execution affects only the flows that the plan found, and no flow that appeared later. The required scope is that of the change. A plan that breaks `maxAffected` or `expect` is returned with the status 200 and cannot be executed.',
  tag: 'flows',
  access: either,
  mutation: true,
  parameters: {},
  body: { types: FILTERS_TYPES, schema: NewPlanSchema },
  answers: {
    201: { description: 'The plan', content: { 'application/json': PlanSchema } },
    200: {
      description: 'A plan that cannot be executed: its `state` is `refused`, and `refusal` says why',
      content: { 'application/json': PlanSchema },
    },
  },
  problems: [...problems, 'filter-invalid', 'filter-required', 'parameter-invalid', 'too-many-plans'],
  async handle(exchange) {
    const { c, raw, table, principal, plans, base, audit } = exchange;
    const { body, filters: read } = await bodyAlone(raw, () => readWithFilters(c, NewPlanBody, ['filter', 'filters']));
    const filters = [...read.filter, ...read.filters];
    const { change } = body;
    audit({ change, filters: filters.map(printQuery) });
    requireChange(principal, change);
    const { maxAffected, expect, tolerance, strict } = body;
    const options = bounded(exchange, given({ maxAffected, expect, tolerance, strict }));
    plans.admit(principal);
    const plan = await table.plan(filters, change, options);
    plans.keep(plan, principal, base);
    const { id, count, matched, skipped } = plan;
    audit({ plan: id, count, matched, skipped });
    return json(planAnswerOf(plan, base), plan.refusal === undefined ? 201 : 200);
  },
};

const timeOf = (milliseconds: number | undefined): string | undefined =>
  milliseconds === undefined ? undefined : new Date(milliseconds).toISOString();

export const getPlan: Operation = {
  id: 'getPlan',
  method: 'get',
  path: '/conntrack/plans/{plan}',
  summary: 'Get a plan',
  description:
    'Returns the state and the outcome of a plan. An execution continues if its client disconnects: read its progress here while it runs, and its outcome for ten minutes after its end. Plans and outcomes are lost when the server restarts.',
  tag: 'flows',
  access: either,
  parameters: {},
  answers: { 200: { description: 'The state of the plan', content: { 'application/json': PlanRecordSchema } } },
  problems: ['plan-unknown'],
  handle({ c, raw, principal, plans, base }) {
    readParameters(raw, {});
    const record = plans.find(c.req.param('plan')!, principal, base);
    const { id, state, change, count, matched, skipped, filters, result, problem } = record;
    requireChange(principal, change);
    const { notAttempted, failures, warnings } = result ?? {};
    return json({
      ...{ id, state, change, count, matched, skipped, filters },
      expires: timeOf(record.expires),
      ...given({ started: timeOf(record.started), ended: timeOf(record.ended) }),
      ...(result && { result: { ...countsOf(result, doneOf(change)), notAttempted, failures, warnings } }),
      ...(problem && { problem: { code: problem.code, detail: problem.message } }),
    });
  },
};

export const executePlan: Operation = {
  id: 'executePlan',
  method: 'post',
  path: '/conntrack/plans/{plan}/execute',
  summary: 'Execute a plan',
  description:
    'Changes the flows that the plan found and that still exist, and no others; returns counts. A plan can be executed once. The execution continues if the client disconnects: `GET /conntrack/plans/{plan}` returns its outcome. If the server stops or the table fails halfway, `result` of the problem has the counts so far.',
  tag: 'flows',
  access: either,
  mutation: true,
  intends: true,
  parameters: {},
  answers: {
    200: { description: 'Counts of changed and skipped flows', content: { 'application/json': ExecutedSchema } },
  },
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
    const { c, raw, principal, plans, base, audit, requestId } = exchange;
    const id = c.req.param('plan')!;
    readParameters(raw, {});
    refuseBody(c);
    const allow = (plan: Plan): void => {
      const { change, filters } = plan;
      requireChange(principal, change);
      audit({ change, filters: filters.map(({ filter }) => filter), ...auditOf(plan) });
      exchange.intend();
    };
    const { change } = plans.find(id, principal, base);
    return outcome(
      exchange,
      plans.execute(id, principal, base, { allow, signal: exchange.stopping, requestId }),
      change,
    );
  },
};
