import type { Filter } from '@conntrack/filter';
import { printQuery } from '@conntrack/filter/print';
import { EVENT_TYPES, printableJson } from '@conntrack/flow';
import { NEEDS_FLOW } from '@conntrack/netlink/text';
import {
  type MatchingRows,
  parseSort,
  type RowCounts,
  type RowCursor,
  type SortTerm,
  TableError,
} from '@conntrack/table';
import { requireScope } from '../auth/authenticate.js';
import { openAnswerStream } from '../http/answer-stream.js';
import { ChunkedWriter } from '../http/chunked-writer.js';
import { fieldsParameter, project } from '../http/columns.js';
import { empty } from '../http/context.js';
import { encodedText } from '../http/encoding.js';
import {
  FORMAT_NAMES,
  formatOf,
  JSON_ROW,
  type ListWriter,
  STREAM_FORMATS,
  type StreamFormat,
  writerOf,
} from '../http/formats.js';
import { flag, integer, oneOf, type Parameter, ParameterFault, word } from '../http/parameters.js';
import { problemOf } from '../http/problem-of.js';
import { Problem, SCAN_PROBLEMS } from '../http/problems.js';
import { type FilteredQuery, readFiltered } from '../http/query.js';
import { FlowListSchema, FlowTextSchema } from '../schemas/answers.js';
import { whereOf } from './event-parameters.js';
import { type Exchange, given, type Operation } from './operation.js';

/** Rows of a page that asks for no number, and the most it may ask for. A sorted list is kept in memory as a whole: the same bound. */
const DEFAULT_LIMIT = 100;
export const MAX_LIMIT = 10_000;

/** Characters of text that are written at once. */
const LINES = 32 * 1024;
/** Bytes of a row's JSON, but for rare ones. */
const ROW = 8 * 1024;

/** A list on its way. */
interface Listing {
  readonly writer: ListWriter;
  readonly first: IteratorResult<MatchingRows>;
  readonly batches: AsyncGenerator<MatchingRows>;
  readonly counts: RowCounts;
  readonly position: string | undefined;
}

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
    `Maximum number of flows. Default: ${DEFAULT_LIMIT} in JSON, all in streamed formats. At most ${MAX_LIMIT} in JSON and in sorted lists`,
    1,
    1e12,
  ),
  cursor: word(
    'The `next` of the page before (JSON only). Lists sorted by bytes, packets, timeout or use have one page',
  ),
  sort: sortParameter,
  fields: fieldsParameter,
  format: oneOf('The format, where Accept is inconvenient', FORMAT_NAMES),
  position: flag(
    'Answer `meta.position` (in NDJSON: `position` of the last line), where a watch with the same filter goes on without a hole. The server then listens to events for a while, which costs CPU; without it, a position comes only where it is free. Needs the scope `flows:watch`',
  ),
};

/** A list that is asked for. */
export type ListQuery = FilteredQuery<typeof listParameters>;

const wrong = (parameter: string, message: string): Problem =>
  new Problem('parameter-invalid', `${parameter}: ${message}`, { errors: [{ code: 'invalid', message, parameter }] });

/** Where a watch goes on that misses nothing of a list. It has to be taken before the table is read. @throws TableError UNSUPPORTED where it is asked for and there is none */
async function positionFor(
  { events, principal, table }: Exchange,
  filter: Filter,
  asked: boolean | undefined,
): Promise<string | undefined> {
  const where = whereOf(filter, principal);
  if (!asked) return asked === undefined ? events.freePosition(where) : undefined;
  requireScope(principal, 'flows:watch');
  await table.checkAvailable({ ...(where && { filter: where.filter }), events: EVENT_TYPES });
  return events.position(where);
}

async function page(exchange: Exchange, { filter, warnings, values }: ListQuery): Promise<Response> {
  const { limit = DEFAULT_LIMIT, fields, sort, cursor } = values;
  const scratch = Buffer.allocUnsafe(ROW);
  const position = await positionFor(exchange, filter, values.position);
  const { items, next, more, scanned, matched } = await exchange.table.pageOf(
    { filter, limit, signal: exchange.signal, ...given({ sort, cursor }) },
    row => (fields ? printableJson(project(row.flow(), fields)) : jsonOfRow(row, scratch)),
  );
  const meta = {
    scanned,
    matched,
    more,
    filter: printQuery(filter),
    ...given({ position }),
    ...(warnings.length > 0 && { warnings }),
  };
  const text = `{"items":[${items.join()}],"next":${JSON.stringify(next)},"meta":${JSON.stringify(meta)}}\n`;
  return encodedText(exchange.c, text);
}

/** A row's JSON, without its object where the source can. */
function jsonOfRow(row: RowCursor, scratch: Buffer): string {
  const end = row.write?.(JSON_ROW, scratch, 0) ?? -1;
  return end < 0 ? printableJson(row.flow()) : scratch.toString('utf8', 0, end);
}

/** Writes the rows of one batch. */
async function writeRows(chunked: ChunkedWriter, rows: MatchingRows, writer: ListWriter) {
  const { cursor } = rows;
  const { row } = writer;
  if (row === undefined || cursor.write === undefined) {
    // One long text is written several times as fast as its lines.
    let lines = '';
    while (rows.next()) {
      lines += writer.line(cursor.flow());
      if (lines.length < LINES) continue;
      await chunked.text(lines);
      lines = '';
    }
    if (lines !== '') await chunked.text(lines);
    return;
  }
  let end = 0;
  const write = (out: Buffer, at: number): number => {
    end = cursor.write!(row, out, at);
    return end;
  };
  while (rows.next()) {
    end = 0;
    if (chunked.row(write)) continue;
    if (end !== NEEDS_FLOW) {
      await chunked.room();
      if (chunked.row(write)) continue;
    }
    // What does not fit an empty chunk is written in pieces.
    await chunked.text(writer.line(cursor.flow()));
  }
}

/** Writes a list to its end. The first rows are there already: what failed before them has been answered as a problem. */
async function write(
  exchange: Exchange,
  format: StreamFormat,
  chunked: ChunkedWriter,
  listing: Listing,
): Promise<void> {
  const { writer, batches, counts, position } = listing;
  try {
    if (writer.head !== '') await chunked.text(writer.head);
    for (let batch = listing.first; !batch.done; batch = await batches.next()) {
      await writeRows(chunked, batch.value, writer);
      chunked.pause();
    }
    const end = writer.tail + (format.end?.({ ...counts, position }) ?? '');
    if (end !== '') await chunked.text(end);
    chunked.end();
  } catch (error) {
    if (chunked.closed) return;
    exchange.report(error);
    if (format.failure === undefined) chunked.cut(error as Error);
    else {
      await chunked.text(format.failure(problemOf(error), exchange.requestId));
      chunked.end();
    }
  } finally {
    await batches.return(undefined);
  }
}

async function stream(exchange: Exchange, format: StreamFormat, { filter, values }: ListQuery): Promise<Response> {
  const { limit, fields, sort } = values;
  const position = format.end && (await positionFor(exchange, filter, values.position));
  const left = new AbortController();
  const counts: RowCounts = { scanned: 0, matched: 0, limited: false };
  const signal = AbortSignal.any([exchange.signal, left.signal]);
  const batches = exchange.table.rows({ filter, signal, ...given({ limit, sort }) }, counts);
  const first = await batches.next();
  const writer = writerOf(format, fields);
  const { out, response } = openAnswerStream(exchange.c, writer.type);
  const chunked = new ChunkedWriter(out, exchange.chunks, exchange.limits.stall, reason => left.abort(reason));
  // Whoever left while a failure was told needs no telling.
  write(exchange, format, chunked, { writer, first, batches, counts, position }).catch(error => chunked.cut(error));
  return response;
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

/** What the streamed formats are in the OpenAPI document. */
export const TEXT_CONTENT = {
  'application/x-ndjson': FlowTextSchema,
  'text/csv': FlowTextSchema,
  'text/plain': FlowTextSchema,
  'application/xml': FlowTextSchema,
};

/** `GET /conntrack`: pages in JSON, the whole list as a stream in the other formats. */
export const list: Operation = {
  id: 'listFlows',
  method: 'get',
  path: '/conntrack',
  summary: 'List flows',
  description:
    'Returns a page of the flows that match a filter, as JSON. Every query key that is not a parameter is a filter field. Pages are in the order of ids, or of `sort`. Each page scans the whole table, whatever its `limit`. With `format` or Accept the answer is NDJSON, CSV, or the text or XML of conntrack(8): see `GET /conntrack/stream`. HEAD returns the number of flows in X-Total-Count.',
  tag: 'flows',
  access: 'flows:read',
  parameters: listParameters,
  filter: 'read',
  answers: {
    200: {
      description: 'The flows',
      content: {
        'application/json': FlowListSchema,
        ...TEXT_CONTENT,
      },
    },
  },
  problems: ['filter-invalid', 'cursor-invalid', 'too-many-flows', 'unsupported', ...SCAN_PROBLEMS],
  handle: exchange => answerList(exchange, readFiltered(exchange.raw, listParameters, 'read')),
};
