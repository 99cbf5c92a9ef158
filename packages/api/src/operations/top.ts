import { printQuery } from '@conntrack/filter/print';
import { TOP_FIELDS } from '@conntrack/table';
import { json } from '../http/context.js';
import { SCAN_PROBLEMS } from '../http/problem/problems.js';
import { integer, oneOf, required } from '../http/query/parameters.js';
import { type FilteredQuery, readFiltered } from '../http/query/query.js';
import { TopSchema } from '../schemas/answers.js';
import { filteredBody } from '../schemas/filtered-body.js';
import { type Exchange, given, type Operation } from './operation.js';

/** Groups that are kept to be answered. */
const MAX_K = 10_000;

const parameters = {
  by: required(oneOf('The field to gather by', TOP_FIELDS)),
  metric: oneOf('What a group is weighed by; bytes and packets of both directions together (flows by default)', [
    'flows',
    'bytes',
    'packets',
  ] as const),
  k: integer('How many groups', 1, MAX_K, 20),
};

const body = filteredBody(parameters, {
  name: 'TopSearch',
  example: { filter: 'proto == tcp and dst in 10.0.0.0/8', by: 'src', metric: 'bytes' },
});

async function answer({ table, signal }: Exchange, query: FilteredQuery<typeof parameters>): Promise<Response> {
  const { filter, warnings, values } = query;
  const { items, ...rest } = await table.top({ filter, signal, ...given(values), by: values.by });
  return json({ items, meta: { ...rest, filter: printQuery(filter), ...(warnings.length > 0 && { warnings }) } });
}

/** `GET /conntrack/top`. */
export const top: Operation = {
  id: 'topFlows',
  method: 'get',
  path: '/conntrack/top',
  summary: 'List top groups of flows',
  description:
    'Groups the flows that match the filter by one field, and returns the groups with the most flows, bytes or packets. Memory is bounded: beyond 65,536 groups the sums are `approximate`, and `error` says by how much each may be too high.',
  tag: 'flows',
  access: 'flows:read',
  parameters,
  filter: 'read',
  answers: { 200: { description: 'The heaviest first', content: { 'application/json': TopSchema } } },
  problems: ['filter-invalid', ...SCAN_PROBLEMS],
  handle: exchange => answer(exchange, readFiltered(exchange.raw, parameters, 'read')),
};

/** `POST /conntrack/top`. */
export const searchTop: Operation = {
  id: 'searchTop',
  method: 'post',
  path: '/conntrack/top',
  summary: 'List top groups with the filter in the body',
  description:
    'Does what `GET /conntrack/top` does, for filters that are too long for a URL. The body is JSON, or the query string.',
  tag: 'flows',
  access: 'flows:read',
  parameters: {},
  body,
  answers: top.answers,
  problems: top.problems,
  async handle(exchange) {
    return answer(exchange, await body.read(exchange));
  },
};
