import { printableJson } from '@conntrack/flow/text';
import { encodedText } from '../http/answer/encoding.js';
import { rowJson } from '../http/answer/row-json.js';
import { bodyAlone } from '../http/body/body.js';
import { SCAN_PROBLEMS } from '../http/problem/problems.js';
import { OVERVIEW_TYPES, OverviewRequestSchema, OverviewSchema, readOverviewBody } from '../schemas/overview.js';
import { filterMeta } from './filter-meta.js';
import { DEFAULT_LIMIT, readsOf } from './list-query.js';
import { given, type Operation } from './operation.js';

export const overview: Operation = {
  id: 'getOverview',
  method: 'post',
  path: '/conntrack/overview',
  summary: 'Get flows, groups and counts in one scan',
  description:
    'Returns what a screen shows of the flows that match one filter: the first flows, rankings of groups, and counts of further filters, all from one scan of the table with bounded memory. `sort`, `fields`, `limit` and `offset` work as for `GET /conntrack`, and each member of `groups` as for `GET /conntrack/top`. There is no cursor: to read all flows, use `GET /conntrack/stream`.',
  tag: 'flows',
  access: 'flows:read',
  parameters: {},
  body: { types: OVERVIEW_TYPES, schema: OverviewRequestSchema },
  answers: { 200: { description: 'The overview', content: { 'application/json': OverviewSchema } } },
  problems: ['filter-invalid', ...SCAN_PROBLEMS],
  async handle(exchange) {
    const { c, raw, table, signal } = exchange;
    const {
      filter,
      canonical,
      warnings,
      limit = DEFAULT_LIMIT,
      offset,
      values,
      groups,
      counts,
    } = await bodyAlone(raw, () => readOverviewBody(exchange));
    const { items, more, scanned, matched, ...found } = await table.overviewOf(
      {
        filter,
        limit,
        signal,
        groups: groups.map(group => ({ ...given(group), by: group.by })),
        counts,
        ...readsOf(values),
        ...given({ offset, sort: values.sort, fresh: values.fresh }),
      },
      rowJson(values.fields),
    );
    const meta = {
      scanned,
      matched,
      more,
      time: new Date().toISOString(),
      ...filterMeta(table, canonical, warnings),
    };
    const rest = `"groups":${printableJson(found.groups)},"counts":${printableJson(found.counts)},"meta":${JSON.stringify(meta)}`;
    return encodedText(c, `{"items":[${items.join()}],${rest}}\n`);
  },
};
