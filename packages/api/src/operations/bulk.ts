import { type Filter, printQuery } from '@conntrack/filter';
import { type BulkOptions, type BulkResult, DEFAULT_MAX_AFFECTED } from '@conntrack/table';
import { readBody, refuseBody } from '../http/body.js';
import { json } from '../http/context.js';
import { flag, integer, type Values } from '../http/parameters.js';
import { readFiltered } from '../http/query.js';
import { type Exchange, given, type Operation } from '../operation.js';
import { Problem, type ProblemCode } from '../problems.js';
import { DeletedSchema, UpdatedSchema } from '../schemas/answers.js';
import { ChangeBody, ChangeSchema } from '../schemas/change.js';
import { CHANGE_TYPES } from './update.js';

const parameters = {
  maxAffected: integer(
    `When more flows match, nothing is changed (409 too-many-affected); the server has a cap of its own`,
    0,
    Number.MAX_SAFE_INTEGER,
    DEFAULT_MAX_AFFECTED,
  ),
  expect: integer(
    'When another number of flows matches, nothing is changed (409 expect-mismatch)',
    0,
    Number.MAX_SAFE_INTEGER,
  ),
  dryRun: flag('Count and show what would be changed, and change nothing'),
};

const problems: readonly ProblemCode[] = [
  'filter-invalid',
  'filter-required',
  'too-many-affected',
  'expect-mismatch',
  'field-unavailable',
  'unsupported',
  'not-privileged',
  'source-failed',
];

function optionsOf({ limits, signal }: Exchange, values: Values<typeof parameters>): BulkOptions {
  const { maxAffected } = values;
  if (maxAffected !== undefined && maxAffected > limits.maxAffected) {
    const message = `this server changes at most ${limits.maxAffected} flows at once`;
    throw new Problem('parameter-invalid', `maxAffected: ${message}`, {
      errors: [{ code: 'invalid', message, parameter: 'maxAffected' }],
    });
  }
  return { signal, maxAffected: Math.min(DEFAULT_MAX_AFFECTED, limits.maxAffected), ...given(values) };
}

/** The filter of a change: some predicate has to be there before anything else is looked at. */
function readChange(exchange: Exchange): { filter: Filter; options: BulkOptions } {
  const { filter, values } = readFiltered(exchange.raw, parameters, 'change');
  exchange.audit({ filter: printQuery(filter), ...values });
  if (filter.kind === 'all')
    throw new Problem(
      'filter-required',
      'say which flows are meant, by a filter; to empty the table: POST /conntrack/flush',
    );
  return { filter, options: optionsOf(exchange, values) };
}

function answer(exchange: Exchange, { changed, ...result }: BulkResult, name: 'deleted' | 'updated'): Response {
  const { matched, gone, failed, skipped } = result;
  exchange.audit({ matched, [name]: changed, gone, failed, skipped });
  return json({ [name]: changed, ...result });
}

/** `DELETE /conntrack?filter`. */
export const deleteMany: Operation = {
  id: 'deleteFlows',
  method: 'delete',
  path: '/conntrack',
  summary: 'Delete the flows that match a filter',
  tag: 'flows',
  access: 'flows:delete',
  mutation: true,
  parameters,
  filter: 'change',
  answers: { 200: { description: 'What was deleted', content: { 'application/json': DeletedSchema } } },
  problems,
  async handle(exchange) {
    refuseBody(exchange.c);
    const { filter, options } = readChange(exchange);
    return answer(exchange, await exchange.table.deleteMany(filter, options), 'deleted');
  },
};

/** `PATCH /conntrack?filter`. */
export const updateMany: Operation = {
  id: 'updateFlows',
  method: 'patch',
  path: '/conntrack',
  summary: 'Change the flows that match a filter',
  tag: 'flows',
  access: 'flows:update',
  mutation: true,
  parameters,
  filter: 'change',
  body: { types: CHANGE_TYPES, schema: ChangeSchema },
  answers: { 200: { description: 'What was changed', content: { 'application/json': UpdatedSchema } } },
  problems: [...problems, 'change-invalid'],
  async handle(exchange) {
    const { filter, options } = readChange(exchange);
    const change = await readBody(exchange.c, CHANGE_TYPES, ChangeBody);
    exchange.audit({ change });
    return answer(exchange, await exchange.table.updateMany(filter, change, options), 'updated');
  },
};
