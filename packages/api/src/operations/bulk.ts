import { printQuery } from '@conntrack/filter/print';
import { DEFAULT_MAX_AFFECTED, type LocalPlanOptions, type Limits as TableLimits } from '@conntrack/table';
import { requireChange } from '../auth/scopes-of-change.js';
import { readBody, refuseBody, together } from '../http/body/body.js';
import { ownConnection } from '../http/guard/own-connection.js';
import { Problem, type ProblemCode, SCAN_PROBLEMS } from '../http/problem/problems.js';
import { flag, integer } from '../http/query/parameters.js';
import { readFiltered } from '../http/query/query.js';
import { DeletedSchema, UpdatedSchema } from '../schemas/answers.js';
import { ChangeBody, ChangeSchema } from '../schemas/change.js';
import { changeOrPreview } from './bulk-outcome.js';
import { type Exchange, given, type Operation } from './operation.js';
import { CHANGE_TYPES } from './update.js';

const parameters = {
  maxAffected: integer(
    `When more flows match, nothing is changed (409 too-many-affected); the server has a cap of its own`,
    0,
    Number.MAX_SAFE_INTEGER,
    DEFAULT_MAX_AFFECTED,
  ),
  expect: integer(
    'When another number of flows would be changed, nothing is (409 expect-mismatch); skipped flows do not count',
    0,
    Number.MAX_SAFE_INTEGER,
  ),
  strict: flag(
    'Look at each flow again just before its turn, and skip it when another connection took its place: another start time or mark, lower counters, ASSURED or SEEN_REPLY lost',
  ),
  dryRun: flag('Count and show what would be changed, change nothing, and keep the plan for a minute'),
};

/** Problems of every change of many flows. */
export const BULK_PROBLEMS: readonly ProblemCode[] = [
  'filter-invalid',
  'filter-required',
  'too-many-affected',
  'expect-mismatch',
  'too-many-plans',
  ...SCAN_PROBLEMS,
  'unsupported',
];

/** How far a change may go: never further than the server's cap, and never to the connection that the request came by. */
export function bounded<T extends TableLimits>({ limits, signal, c }: Exchange, values: T): LocalPlanOptions & T {
  const { maxAffected } = values;
  if (maxAffected !== undefined && maxAffected > limits.maxAffected) {
    const message = `this server changes at most ${limits.maxAffected} flows in one request`;
    throw new Problem('parameter-invalid', `maxAffected: ${message}`, {
      errors: [{ code: 'invalid', message, parameter: 'maxAffected' }],
    });
  }
  const skip = ownConnection(c);
  return {
    signal,
    maxAffected: Math.min(DEFAULT_MAX_AFFECTED, limits.maxAffected),
    ...values,
    ...(skip && { skip }),
  };
}

/** The filter of a change: some predicate has to be there before anything else is looked at. */
function readChange(exchange: Exchange) {
  const { filter, values } = readFiltered(exchange.raw, parameters, 'change');
  exchange.audit({ filter: printQuery(filter), ...values });
  if (filter.kind === 'all')
    throw new Problem('filter-required', 'a filter is required. To empty the table, use POST /conntrack/flush');
  return { filter, options: bounded(exchange, given(values)) };
}

/** `DELETE /conntrack?filter`. */
export const deleteMany: Operation = {
  id: 'deleteFlows',
  method: 'delete',
  path: '/conntrack',
  summary: 'Delete flows',
  description:
    'Deletes all flows that match the filter. A filter is required: to empty the table, use `POST /conntrack/flush`. With `dryRun=true` nothing is deleted, and the answer has a plan that can be executed for a minute.',
  tag: 'flows',
  access: 'flows:delete',
  mutation: true,
  intends: true,
  parameters,
  filter: 'change',
  answers: { 200: { description: 'What was deleted', content: { 'application/json': DeletedSchema } } },
  problems: BULK_PROBLEMS,
  async handle(exchange) {
    refuseBody(exchange.c);
    const { filter, options } = readChange(exchange);
    return changeOrPreview(exchange, how => exchange.table.plan(filter, 'delete', how), options);
  },
};

/** `PATCH /conntrack?filter`. */
export const updateMany: Operation = {
  id: 'updateFlows',
  method: 'patch',
  path: '/conntrack',
  summary: 'Update flows',
  description:
    'Changes mark, timeout, status or labels of all flows that match the filter. A filter is required. With `dryRun=true` nothing changes, and the answer has a plan that can be executed for a minute.',
  tag: 'flows',
  access: 'flows:update',
  mutation: true,
  intends: true,
  parameters,
  filter: 'change',
  body: { types: CHANGE_TYPES, schema: ChangeSchema },
  answers: { 200: { description: 'What was changed', content: { 'application/json': UpdatedSchema } } },
  problems: [...BULK_PROBLEMS, 'change-invalid'],
  async handle(exchange) {
    const [{ filter, options }, change] = await together(
      () => readChange(exchange),
      () => readBody(exchange.c, CHANGE_TYPES, ChangeBody),
    );
    exchange.audit({ change });
    requireChange(exchange.principal, change);
    return changeOrPreview(exchange, how => exchange.table.plan(filter, change, how), options);
  },
};
