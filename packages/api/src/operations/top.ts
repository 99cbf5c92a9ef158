import { printQuery } from '@conntrack/filter/print';
import { TOP_FIELDS } from '@conntrack/table';
import { json } from '../http/context.js';
import { SCAN_PROBLEMS } from '../http/problem/problems.js';
import { integer, oneOf, required } from '../http/query/parameters.js';
import { type FilteredQuery, readFiltered } from '../http/query/query.js';
import { TopSchema } from '../schemas/answers.js';
import { filteredBody } from '../schemas/filtered-body.js';
import { type Exchange, given, type Operation } from './operation.js';

/** Maximum number of groups in a response. */
const MAX_K = 10_000;

const parameters = {
  by: required(oneOf('The field to group by', TOP_FIELDS)),
  metric: oneOf('The value to sum up and to sort by; bytes and packets count both directions. Default: flows', [
    'flows',
    'bytes',
    'packets',
  ] as const),
  k: integer('Maximum number of groups', 1, MAX_K, 20),
};

const body = filteredBody(parameters, {
  name: 'TopSearch',
  description: 'A filter with the parameters of top groups',
  example: { filter: 'proto == tcp and dst in 10.0.0.0/8', by: 'src', metric: 'bytes' },
});

async function answer({ table, signal }: Exchange, query: FilteredQuery<typeof parameters>): Promise<Response> {
  const { filter, warnings, values } = query;
  const { items, ...rest } = await table.top({ filter, signal, ...given(values), by: values.by });
  return json({ items, meta: { ...rest, filter: printQuery(filter), ...(warnings.length > 0 && { warnings }) } });
}

export const top: Operation = {
  id: 'listTopGroups',
  method: 'get',
  path: '/conntrack/top',
  summary: 'List top groups of flows',
  description:
    'Groups the flows that match the filter by one field, and returns the groups with the most flows, bytes or packets, the largest first. Scans the whole table with bounded memory: with more than 65,536 groups the result is `approximate`, and `error` says by how much each value may be too high. `bytes` and `packets` need net.netfilter.nf_conntrack_acct=1.',
  tag: 'flows',
  access: 'flows:read',
  parameters,
  filter: 'read',
  answers: { 200: { description: 'The groups, largest first', content: { 'application/json': TopSchema } } },
  problems: ['filter-invalid', ...SCAN_PROBLEMS],
  handle: exchange => answer(exchange, readFiltered(exchange.raw, parameters, 'read')),
};

export const searchTop: Operation = {
  id: 'searchTopGroups',
  method: 'post',
  path: '/conntrack/top',
  summary: 'List top groups with the filter in the body',
  description:
    'Like `GET /conntrack/top`, for filters that are too long for a URL. The body is JSON, or a query string.',
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
