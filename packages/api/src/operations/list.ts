import { printQuery } from '@conntrack/filter';
import type { Flow } from '@conntrack/flow';
import { parseSort, type SortTerm, TableError } from '@conntrack/table';
import { type Column, fieldsParameter, project } from '../formats/columns.js';
import { FORMAT_NAMES, formatOf, STREAM_FORMATS, type StreamFormat } from '../formats/formats.js';
import { empty, json, text } from '../http/context.js';
import { integer, oneOf, type Parameter, ParameterFault, word } from '../http/parameters.js';
import { type FilteredQuery, readFiltered } from '../http/query.js';
import { streamOf } from '../http/stream.js';
import { type Exchange, given, type Operation } from '../operation.js';
import { problemOf } from '../problem-of.js';
import { Problem, SCAN_PROBLEMS } from '../problems.js';
import { FlowListSchema, FlowTextSchema } from '../schemas/answers.js';

/** Rows of a page that asks for no number, and the most it may ask for. A sorted list is kept in memory as a whole: the same bound. */
const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 10_000;

const sortParameter: Parameter<readonly SortTerm[]> = {
  description: 'Fields to sort by, `-` in front for descending: `-bytes,src`',
  schema: { type: 'string', example: '-bytes,src' },
  read(text) {
    try {
      return parseSort(text);
    } catch (error) {
      if (error instanceof TableError) throw new ParameterFault(error.message);
      throw error;
    }
  },
};

/** What a list takes beside its filter. */
export const listParameters = {
  limit: integer(
    `At most this many flows: ${DEFAULT_LIMIT} unless said and ${MAX_LIMIT} at most in JSON and in sorted lists, all in streamed formats`,
    1,
    1e12,
  ),
  cursor: word('The `next` of the page before (JSON only)'),
  sort: sortParameter,
  fields: fieldsParameter,
  format: oneOf('The format, where Accept is inconvenient', FORMAT_NAMES),
};

/** A list that is asked for. */
export type ListQuery = FilteredQuery<typeof listParameters>;

const wrong = (parameter: string, message: string): Problem =>
  new Problem('parameter-invalid', `${parameter}: ${message}`, { errors: [{ code: 'invalid', message, parameter }] });

async function page(exchange: Exchange, { filter, warnings, values }: ListQuery): Promise<Response> {
  const { limit = DEFAULT_LIMIT, fields, sort, cursor } = values;
  // Before the table is read: who watches from here on misses nothing.
  const position = await exchange.events.positionOrNone();
  const { items, next, scanned, matched } = await exchange.table.page({
    filter,
    limit,
    signal: exchange.signal,
    ...given({ sort, cursor }),
  });
  return json({
    items: fields ? items.map(flow => project(flow, fields)) : items,
    next,
    meta: {
      scanned,
      matched,
      filter: printQuery(filter),
      ...given({ position }),
      ...(warnings.length > 0 && { warnings }),
    },
  });
}

/** Text for each batch as it is asked for. The first batch is there already: what fails before it has been answered as a problem. */
async function* written(
  exchange: Exchange,
  format: StreamFormat,
  first: IteratorResult<readonly Flow[]>,
  batches: AsyncGenerator<readonly Flow[]>,
  columns: readonly Column[] | undefined,
): AsyncGenerator<string> {
  let matched = 0;
  const head = format.head?.(columns);
  if (head !== undefined) yield head;
  try {
    for (let batch = first; !batch.done; batch = await batches.next()) {
      let lines = '';
      for (const flow of batch.value) lines += format.line(flow, columns);
      matched += batch.value.length;
      yield lines;
    }
  } catch (error) {
    exchange.report(error);
    if (format.failure === undefined) throw error;
    yield format.failure(problemOf(error), exchange.requestId);
    return;
  }
  if (format.end !== undefined) yield format.end(matched);
}

async function stream(exchange: Exchange, format: StreamFormat, { filter, values }: ListQuery): Promise<Response> {
  const { limit, fields, sort } = values;
  const left = new AbortController();
  const batches = exchange.table.batches({
    filter,
    signal: AbortSignal.any([exchange.signal, left.signal]),
    ...given({ limit, sort }),
  });
  const first = await batches.next();
  const outgoing = exchange.c.env?.outgoing;
  const body = streamOf(written(exchange, format, first, batches, fields), {
    stall: exchange.limits.stall,
    abort(reason) {
      left.abort(reason);
      void batches.return(undefined).catch(() => {});
    },
    cut: outgoing && (() => outgoing.destroy()),
  });
  return text(body, format.type);
}

/** The answer to a list, wherever its filter stood. @throws Problem for parameters that do not go together */
export async function answerList(exchange: Exchange, query: ListQuery): Promise<Response> {
  const { c, table, signal } = exchange;
  const { format = formatOf(c.req.header('accept')), limit, sort, cursor, fields } = query.values;
  if (c.req.method === 'HEAD') {
    const count = await table.count({ filter: query.filter, signal });
    return empty(200, { 'x-total-count': String(count) });
  }
  if ((format === 'json' || sort !== undefined) && limit !== undefined && limit > MAX_LIMIT)
    throw wrong('limit', `in JSON and in sorted lists it is at most ${MAX_LIMIT}`);
  if (format === 'json') return page(exchange, query);
  if (cursor !== undefined) throw wrong('cursor', 'only JSON comes in pages');
  if (sort !== undefined && limit === undefined)
    throw wrong('sort', 'a sorted list needs a limit: the table is never held in memory');
  if (fields !== undefined && !STREAM_FORMATS[format].columns)
    throw wrong('fields', `conntrack(8)’s lines have the fields they have; ask for json, ndjson or csv`);
  return stream(exchange, STREAM_FORMATS[format], query);
}

/** `GET /conntrack`: pages in JSON, the whole list as a stream in the other formats. */
export const list: Operation = {
  id: 'listFlows',
  method: 'get',
  path: '/conntrack',
  summary: 'Flows that match a filter',
  description:
    'Query keys that are none of the parameters are filter fields. JSON comes in pages; NDJSON, CSV and conntrack(8)’s text are streamed as the table is read, and a slow reader slows that down. The last line of NDJSON is `{"type":"end",…}`: without it the answer was cut. HEAD answers the count in X-Total-Count.',
  tag: 'flows',
  access: 'flows:read',
  parameters: listParameters,
  filter: 'read',
  answers: {
    200: {
      description: 'The flows',
      content: {
        'application/json': FlowListSchema,
        'application/x-ndjson': FlowTextSchema,
        'text/csv': FlowTextSchema,
        'text/plain': FlowTextSchema,
      },
    },
  },
  problems: ['filter-invalid', 'cursor-invalid', ...SCAN_PROBLEMS],
  handle: exchange => answerList(exchange, readFiltered(exchange.raw, listParameters, 'read')),
};
