import { printQuery } from '@conntrack/filter/print';
import { parseGroupBy, TableError, TOP_FIELDS } from '@conntrack/table';
import { json } from '../http/context.js';
import { faultsProblem } from '../http/problem/faults.js';
import { type Fault, SCAN_PROBLEMS } from '../http/problem/problems.js';
import { integer, oneOf, type Parameter, ParameterFault, required, type Values } from '../http/query/parameters.js';
import { type FilteredQuery, readFiltered } from '../http/query/query.js';
import { TopSchema } from '../schemas/answers.js';
import { filteredBody } from '../schemas/filtered-body.js';
import { type Exchange, given, type Operation } from './operation.js';

/** Maximum number of groups in a response. */
const MAX_K = 10_000;

/** Maximum number of characters of all groups' filters together: each contains the filter of the request. */
const MAX_FILTERS = 16 * 1024 * 1024;

/** A parameter with fields to group by. */
const groupBy = (description: string): Parameter<string> => ({
  description,
  schema: { type: 'string', minLength: 1, example: 'src/24,dport' },
  read(text) {
    try {
      return parseGroupBy(text).text;
    } catch (error) {
      if (error instanceof TableError) throw new ParameterFault(error.message, TOP_FIELDS);
      throw error;
    }
  },
});

const parameters = {
  by: required(
    groupBy(
      `The fields to group by, separated by commas. Addresses can be grouped by prefix: \`src/24\` groups IPv4 by /24 and IPv6 by /64, \`src/56\` groups IPv6 by /56 and leaves IPv4 addresses whole, \`src/24/56\` sets both. Fields: ${TOP_FIELDS.join(', ')}`,
    ),
  ),
  distinct: groupBy(
    'The fields whose distinct values are counted in each group, written like `by`. With several fields, combinations are counted',
  ),
  metric: oneOf(
    'The value to sum up and to sort by; bytes and packets count both directions. Default: distinct if distinct values are counted, otherwise flows',
    ['flows', 'bytes', 'packets', 'distinct'] as const,
  ),
  k: integer('Maximum number of groups', 1, MAX_K, 20),
};

const body = filteredBody(parameters, {
  name: 'TopSearch',
  description: 'A filter with the parameters of top groups',
  example: { filter: 'proto == tcp and dst in 10.0.0.0/8', by: 'src', metric: 'bytes' },
});

/** What is wrong with parameters that are valid by themselves. */
function faultOf({ metric, distinct, k = 0 }: Values<typeof parameters>, filterLength: number): Fault | undefined {
  if (metric === 'distinct' && distinct === undefined)
    return {
      code: 'missing',
      message: 'distinct: this parameter is required for the metric distinct. Example: distinct=dport',
      parameter: 'distinct',
    };
  const most = Math.floor(MAX_FILTERS / Math.max(1, filterLength));
  if (k <= most) return undefined;
  const message = `k: must be at most ${most} with a filter of this length, because each group repeats the filter; got ${k}`;
  return { code: 'invalid', message, parameter: 'k' };
}

async function answer({ table, signal }: Exchange, query: FilteredQuery<typeof parameters>): Promise<Response> {
  const { filter, warnings, values } = query;
  const canonical = printQuery(filter);
  const fault = faultOf(values, canonical.length);
  if (fault !== undefined) throw faultsProblem('parameter-invalid', [fault]);
  const { items, ...rest } = await table.top({ filter, signal, ...given(values), by: values.by });
  return json({ items, meta: { ...rest, filter: canonical, ...(warnings.length > 0 && { warnings }) } });
}

export const top: Operation = {
  id: 'listTopGroups',
  method: 'get',
  path: '/conntrack/top',
  summary: 'List top groups of flows',
  description:
    'Groups the flows that match the filter by one or more fields, and returns the groups with the most flows, bytes, packets or distinct values, the largest first. Each group has the filter that selects exactly its flows. Scans the whole table with bounded memory: with more than 65,536 groups the result is `approximate`, and `error` says by how much each value may be too high. With more than 131,072 distinct values, they are estimated from a sample (`distinctApproximate`). `bytes` and `packets` need net.netfilter.nf_conntrack_acct=1.',
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
