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
    `Maximum number of flows to change. If more match, nothing is changed (409 \`too-many-affected\`). The server can have a lower maximum`,
    0,
    Number.MAX_SAFE_INTEGER,
    DEFAULT_MAX_AFFECTED,
  ),
  expect: integer(
    'The number of flows that the change must affect, without skipped ones. If the number is different, nothing is changed (409 `expect-mismatch`)',
    0,
    Number.MAX_SAFE_INTEGER,
  ),
  strict: flag(
    'Look up each flow again just before it is changed, and skip it if another connection replaced it. A different start time or mark, lower counters, or a lost ASSURED or SEEN_REPLY show that',
  ),
  dryRun: flag(
    'Change nothing. The response shows what would be changed, with a plan that can be executed within 60 seconds',
  ),
};

/** Problems of every bulk change. */
export const BULK_PROBLEMS: readonly ProblemCode[] = [
  'filter-invalid',
  'filter-required',
  'too-many-affected',
  'expect-mismatch',
  'too-many-plans',
  ...SCAN_PROBLEMS,
  'unsupported',
];

/** The limits of a bulk change: at most the server's own maximum. The caller's own connection is skipped. */
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

/** Reads the filter of a change. A change without a predicate is rejected first. */
function readChange(exchange: Exchange) {
  const { filter, values } = readFiltered(exchange.raw, parameters, 'change');
  exchange.audit({ filter: printQuery(filter), ...values });
  if (filter.kind === 'all')
    throw new Problem('filter-required', 'a filter is required. To empty the table, use POST /conntrack/flush');
  return { filter, options: bounded(exchange, given(values)) };
}

export const deleteMany: Operation = {
  id: 'deleteFlows',
  method: 'delete',
  path: '/conntrack',
  summary: 'Delete flows',
  description:
    'Deletes all flows that match the filter, and returns counts. A filter is required: to empty the table, use `POST /conntrack/flush`. The table is scanned once, and then each matching flow is deleted by its key. Flows under the server’s `protect` filter and the caller’s own connection are skipped. If more than `maxAffected` flows match, nothing is deleted. With `dryRun=true` nothing is deleted, and the response contains a plan that can be executed within 60 seconds. The change continues if the client disconnects.',
  tag: 'flows',
  access: 'flows:delete',
  mutation: true,
  intends: true,
  parameters,
  filter: 'change',
  answers: {
    200: {
      description: 'Counts of deleted and skipped flows; for a dry run, the plan',
      content: { 'application/json': DeletedSchema },
    },
  },
  problems: BULK_PROBLEMS,
  async handle(exchange) {
    refuseBody(exchange.c);
    const { filter, options } = readChange(exchange);
    return changeOrPreview(exchange, how => exchange.table.plan(filter, 'delete', how), options);
  },
};

export const updateMany: Operation = {
  id: 'updateFlows',
  method: 'patch',
  path: '/conntrack',
  summary: 'Update flows',
  description:
    'Changes the mark, timeout, status or labels of all flows that match the filter, and returns counts. A filter is required. The table is scanned once, and then each matching flow is changed by its key. Flows under the server’s `protect` filter and the caller’s own connection are skipped. If more than `maxAffected` flows match, nothing is changed. With `dryRun=true` nothing is changed, and the response contains a plan that can be executed within 60 seconds. The change continues if the client disconnects.',
  tag: 'flows',
  access: 'flows:update',
  mutation: true,
  intends: true,
  parameters,
  filter: 'change',
  body: { types: CHANGE_TYPES, schema: ChangeSchema },
  answers: {
    200: {
      description: 'Counts of changed and skipped flows; for a dry run, the plan',
      content: { 'application/json': UpdatedSchema },
    },
  },
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
