import { parseGroupBy, TableError, TOP_FIELDS } from '@conntrack/table';
import type { Fault } from '../http/problem/problems.js';
import { integer, oneOf, type Parameter, ParameterFault, required, type Values } from '../http/query/parameters.js';

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

/** The parameters of one ranking. */
export const topParameters = {
  by: required(
    groupBy(
      `The fields to group by, separated by commas. Addresses can be grouped by prefix: \`src/24\` groups IPv4 by /24 and IPv6 by /64, \`src/56\` groups IPv6 by /56 and leaves IPv4 addresses whole, \`src/24/56\` sets both. Fields: ${TOP_FIELDS.join(', ')}`,
    ),
  ),
  distinct: groupBy(
    'The fields whose distinct values are counted in each group, written like `by`. With several fields, combinations are counted',
  ),
  metric: oneOf(
    'The value to sum up and to sort by; bytes, packets and rate (bytes a second, which only an index knows) count both directions. Default: distinct if distinct values are counted, otherwise flows',
    ['flows', 'bytes', 'packets', 'rate', 'distinct'] as const,
  ),
  k: integer('Maximum number of groups', 1, MAX_K, 20),
};

/** What is wrong with parameters that are valid by themselves. */
export function topFault(
  { metric, distinct, k = 0 }: Values<typeof topParameters>,
  filterLength: number,
): Fault | undefined {
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
