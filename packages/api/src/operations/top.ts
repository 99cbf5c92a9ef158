import { printQuery } from '@conntrack/filter/print';
import { json } from '../http/context.js';
import { faultsProblem } from '../http/problem/faults.js';
import { SCAN_PROBLEMS } from '../http/problem/problems.js';
import { type FilteredQuery, readFiltered } from '../http/query/query.js';
import { TopSchema } from '../schemas/answers.js';
import { filteredBody } from '../schemas/filtered-body.js';
import { filterMeta } from './filter-meta.js';
import { freshParameter } from './list-query.js';
import { type Exchange, given, type Operation } from './operation.js';
import { topFault, topParameters } from './top-parameters.js';

const parameters = { ...topParameters, fresh: freshParameter };

const body = filteredBody(parameters, {
  name: 'TopSearch',
  description: 'A filter with the parameters of top groups',
  example: { filter: 'proto == tcp and dst in 10.0.0.0/8', by: 'src', metric: 'bytes' },
});

async function answer({ table, signal }: Exchange, query: FilteredQuery<typeof parameters>): Promise<Response> {
  const { filter, warnings, values } = query;
  const canonical = printQuery(filter);
  const fault = topFault(values, canonical.length);
  if (fault !== undefined) throw faultsProblem('parameter-invalid', [fault]);
  const { items, ...rest } = await table.top({ filter, signal, ...given(values), by: values.by });
  return json({
    items,
    meta: { ...rest, ...filterMeta(table, canonical, warnings) },
  });
}

export const top: Operation = {
  id: 'listTopGroups',
  method: 'get',
  path: '/conntrack/top',
  summary: 'List top groups of flows',
  description:
    'Groups the flows that match the filter by one or more fields, and returns the groups with the most flows, bytes, packets, bytes a second or distinct values, the largest first. Each group has the filter that selects exactly its flows. Scans the whole table with bounded memory: with more than 65,536 groups the result is `approximate`, and `error` says by how much each value may be too high. With more than 131,072 distinct values, they are estimated from a sample (`distinctApproximate`). `bytes` and `packets` need net.netfilter.nf_conntrack_acct=1, and `rate` also an index (`--index`).',
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
