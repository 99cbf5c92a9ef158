import { printQuery } from '@conntrack/filter/print';
import { historyRange, type TimeRange } from '@conntrack/flow/table';
import { formatOf } from '../http/answer/formats.js';
import { rowJson } from '../http/answer/row-json.js';
import { empty, json } from '../http/context.js';
import { faultsProblem } from '../http/problem/faults.js';
import { Problem, SCAN_PROBLEMS } from '../http/problem/problems.js';
import { type Values, word } from '../http/query/parameters.js';
import { readFiltered } from '../http/query/query.js';
import { HistoryCertaintySchema, HistoryCountSchema, HistoryListSchema, HistoryTopSchema } from '../schemas/history.js';
import type { PastTable } from '../server/served-history.js';
import { openJson, rangeJson } from './history-meta.js';
import { answerList, TEXT_CONTENT } from './list.js';
import { DEFAULT_LIMIT, listParameters, MAX_LIMIT } from './list-query.js';
import { type Exchange, given, type Operation } from './operation.js';
import { topFault, topParameters } from './top-parameters.js';

const timeParameters = {
  at: word('One moment (RFC 3339). One of `at`, `since` and `from` is required'),
  window: word('How long before and after `at`: 30s, 5m, 2h. Default: 1m'),
  since: word('How long ago the span began: 30m, 2h, 7d. It ends now'),
  from: word('The beginning of the span (RFC 3339)'),
  to: word('The end of the span (RFC 3339). Default: now'),
};

/** Reads the span of time. @throws Problem `parameter-invalid` */
function rangeOf({ at, window, since, from, to }: Values<typeof timeParameters>): TimeRange {
  try {
    return historyRange(given({ at, window, since, from, to }), Date.now());
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const { message } = error;
    const [, parameter] = /^(at|window|since|from|to):/.exec(message) ?? [];
    throw faultsProblem('parameter-invalid', [{ code: 'invalid', message, ...(parameter && { parameter }) }]);
  }
}

/** Returns the flows of the span, and writes who asks for whom. @throws Problem `unsupported`, `audit-failed` */
function asked(exchange: Exchange, range: TimeRange, filter: string): PastTable {
  if (exchange.past === undefined)
    throw new Problem('unsupported', 'this server does not record the past. Start it with --history DIR');
  exchange.asks({ filter, ...rangeJson(range) });
  return exchange.past(range);
}

const { fresh: _, position: __, ...ofLists } = listParameters;
const historyListParameters = { ...timeParameters, ...ofLists };
const historyTopParameters = { ...timeParameters, ...topParameters };

const common = {
  tag: 'flows',
  access: 'history:read',
  filter: 'read',
  problems: ['filter-invalid', 'cursor-invalid', 'unsupported', 'audit-failed', ...SCAN_PROBLEMS],
} as const;

async function answerHistory(exchange: Exchange): Promise<Response> {
  const query = readFiltered(exchange.raw, historyListParameters, 'read');
  const { filter, warnings, values } = query;
  const { format = formatOf(exchange.c.req.header('accept')), limit, sort, cursor, offset, fields } = values;
  const range = rangeOf(values);
  const canonical = printQuery(filter);
  const table = asked(exchange, range, canonical);
  const { signal } = exchange;
  if (exchange.c.req.method === 'HEAD')
    return empty(200, { 'x-total-count': String(await table.count({ filter, signal })) });
  if (format !== 'json' || (limit !== undefined && limit > MAX_LIMIT))
    return answerList(exchange.over(table), { ...query, values: { ...values, position: false } });
  const page = { filter, limit: limit ?? DEFAULT_LIMIT, signal, ...given({ sort, cursor, offset }) };
  const { items, next, more, matched } = await table.pageOf(page, rowJson(fields));
  const meta = {
    ...rangeJson(range),
    matched,
    more,
    filter: canonical,
    ...openJson(table.certainty),
    ...(warnings.length > 0 && { warnings }),
  };
  return json({ items: items.map(item => JSON.parse(item) as unknown), next, meta });
}

export const history: Operation = {
  ...common,
  id: 'listHistory',
  method: 'get',
  path: '/history',
  summary: 'List flows of the past',
  description:
    'Returns a page of the recorded flows that match a filter and existed at a moment or in a span of time, the newest first. All query parameters that are not listed here as options are filter fields; `timeout` and `use` cannot be asked of the past. A flow that had not ended when it was last recorded has no `stop`. `meta.gaps` are times in which flows may be missing. With `format` or Accept, this operation also returns NDJSON, CSV, or the text or XML of conntrack(8). Every question is written to the audit log.',
  parameters: historyListParameters,
  answers: {
    200: { description: 'The flows', content: { 'application/json': HistoryListSchema, ...TEXT_CONTENT } },
  },
  handle: answerHistory,
};

export const historyCount: Operation = {
  ...common,
  id: 'countHistory',
  method: 'get',
  path: '/history/count',
  summary: 'Count flows of the past',
  description: 'Returns the number of recorded flows that match a filter and existed in a span of time.',
  parameters: timeParameters,
  answers: { 200: { description: 'The number', content: { 'application/json': HistoryCountSchema } } },
  async handle(exchange) {
    const { filter, warnings, values } = readFiltered(exchange.raw, timeParameters, 'read');
    const range = rangeOf(values);
    const canonical = printQuery(filter);
    const table = asked(exchange, range, canonical);
    const count = await table.count({ filter, signal: exchange.signal });
    const open = openJson(table.certainty);
    return json({ count, ...rangeJson(range), filter: canonical, ...open, ...(warnings.length > 0 && { warnings }) });
  },
};

export const historyTop: Operation = {
  ...common,
  id: 'listTopHistory',
  method: 'get',
  path: '/history/top',
  summary: 'List top groups of flows of the past',
  description:
    'Groups the recorded flows that match a filter and existed in a span of time, and returns the groups with the most flows, bytes, packets or distinct values. Bytes and packets are totals of the flows, also of the time outside the span.',
  parameters: historyTopParameters,
  answers: { 200: { description: 'The groups, largest first', content: { 'application/json': HistoryTopSchema } } },
  async handle(exchange) {
    const { filter, warnings, values } = readFiltered(exchange.raw, historyTopParameters, 'read');
    const range = rangeOf(values);
    const canonical = printQuery(filter);
    const fault = topFault(values, canonical.length);
    if (fault !== undefined) throw faultsProblem('parameter-invalid', [fault]);
    const table = asked(exchange, range, canonical);
    const { by, metric, distinct, k } = values;
    const found = await table.top({ filter, by, signal: exchange.signal, ...given({ metric, distinct, k }) });
    const { items, ...facts } = found;
    const open = openJson(table.certainty);
    const meta = { ...facts, ...rangeJson(range), filter: canonical, ...open };
    return json({ items, meta: { ...meta, ...(warnings.length > 0 && { warnings }) } });
  },
};

export const historyGaps: Operation = {
  ...common,
  id: 'listHistoryGaps',
  method: 'get',
  path: '/history/gaps',
  summary: 'List the gaps of the history',
  description: 'Returns the times in which flows may be missing from answers about a span of time.',
  parameters: timeParameters,
  answers: { 200: { description: 'The gaps', content: { 'application/json': HistoryCertaintySchema } } },
  async handle(exchange) {
    const { filter, values } = readFiltered(exchange.raw, timeParameters, 'read');
    const range = rangeOf(values);
    const table = asked(exchange, range, printQuery(filter));
    await table.count({ filter, signal: exchange.signal });
    return json({ ...rangeJson(range), ...openJson(table.certainty) });
  },
};
