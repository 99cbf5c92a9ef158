import { formatOf, STREAM_FORMATS } from '../http/answer/formats.js';
import { empty } from '../http/context.js';
import { Problem, SCAN_PROBLEMS } from '../http/problem/problems.js';
import { readFiltered } from '../http/query/query.js';
import { FlowListSchema, FlowTextSchema } from '../schemas/answers.js';
import { answerPage } from './list-page.js';
import { type ListQuery, listParameters, MAX_LIMIT } from './list-query.js';
import { answerStream } from './list-stream.js';
import { type Exchange, given, type Operation } from './operation.js';

const wrong = (parameter: string, message: string): Problem =>
  new Problem('parameter-invalid', `${parameter}: ${message}`, { errors: [{ code: 'invalid', message, parameter }] });

/** Responds with a list, for any route that has a filter. @throws Problem for parameters that exclude each other */
export async function answerList(exchange: Exchange, query: ListQuery): Promise<Response> {
  const { c, table, signal } = exchange;
  const { format = formatOf(c.req.header('accept')), limit, sort, cursor, offset, fields, fresh } = query.values;
  if (c.req.method === 'HEAD') {
    const count = await table.count({ filter: query.filter, signal, ...given({ fresh }) });
    return empty(200, { 'x-total-count': String(count) });
  }
  if ((format === 'json' || sort !== undefined) && limit !== undefined && limit > MAX_LIMIT)
    throw wrong('limit', `in JSON and in sorted lists, the maximum is ${MAX_LIMIT}`);
  if (format === 'json') return answerPage(exchange, query);
  if (cursor !== undefined) throw wrong('cursor', 'only JSON has pages');
  if (offset !== undefined) throw wrong('offset', 'only JSON has pages');
  if (sort !== undefined && limit === undefined)
    throw wrong('sort', 'a sorted list requires a limit, because the table is never held in memory');
  if (fields !== undefined && !STREAM_FORMATS[format].columns)
    throw wrong('fields', `this format has fixed fields. Use json, ndjson or csv`);
  return answerStream(exchange, STREAM_FORMATS[format], query);
}

/** The media types of the streamed formats, for the OpenAPI document. */
export const TEXT_CONTENT = {
  'application/x-ndjson': FlowTextSchema,
  'text/csv': FlowTextSchema,
  'text/plain': FlowTextSchema,
  'application/xml': FlowTextSchema,
};

export const list: Operation = {
  id: 'listFlows',
  method: 'get',
  path: '/conntrack',
  summary: 'List flows',
  description:
    'Returns a page of the flows that match a filter, as JSON. All query parameters that are not listed here as options are filter fields. Pages are in the order of flow ids, or in the order of `sort`. The default page has 100 flows. With `offset`, a page begins at the number of a row. Each page scans the whole table, whatever its `limit`, except if the server has an index; for all flows at once, use `GET /conntrack/stream`. With `format` or Accept, this operation also returns NDJSON, CSV, or the text or XML of conntrack(8). HEAD returns the number of matching flows in X-Total-Count.',
  tag: 'flows',
  access: 'flows:read',
  parameters: listParameters,
  filter: 'read',
  answers: {
    200: {
      description: 'The flows',
      content: { 'application/json': FlowListSchema, ...TEXT_CONTENT },
    },
  },
  problems: ['filter-invalid', 'cursor-invalid', 'too-many-flows', 'unsupported', ...SCAN_PROBLEMS],
  handle: exchange => answerList(exchange, readFiltered(exchange.raw, listParameters, 'read')),
};
