import { NEEDS_FLOW } from '@conntrack/netlink/text';
import { type MatchingRows, type RowCounts, TableError } from '@conntrack/table';
import { ChunkedWriter } from '../http/answer/chunked-writer.js';
import { type ListWriter, type StreamFormat, writerOf } from '../http/answer/formats.js';
import { openAnswerStream } from '../http/answer/open-answer-stream.js';
import { problemOf } from '../http/problem/problem-of.js';
import { openIn } from './history-meta.js';
import { type ListQuery, positionFor, readsOf } from './list-query.js';
import { type Exchange, given } from './operation.js';

/** Characters of text that are written at once. */
const LINES = 32 * 1024;

/** A list that is being written. */
interface Listing {
  readonly writer: ListWriter;
  readonly first: IteratorResult<MatchingRows>;
  readonly batches: AsyncGenerator<MatchingRows>;
  readonly counts: RowCounts;
  readonly position: string | undefined;
}

/** Writes the rows of one batch. */
async function writeRows(chunked: ChunkedWriter, rows: MatchingRows, writer: ListWriter) {
  const { cursor } = rows;
  const { row } = writer;
  if (row === undefined || cursor.write === undefined) {
    // One long text is written several times faster than its lines.
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
    // A row that does not fit into an empty chunk is written in parts.
    await chunked.text(writer.line(cursor.flow()));
  }
}

/**
 * Writes a list to its end. The first rows have been read already: an earlier failure was answered with a problem
 * response.
 */
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
    const fleet = exchange.table.fleetMeta?.();
    // A format without a last record cannot say that nodes are missing, so the list must not look complete.
    if (format.end === undefined && fleet !== undefined && fleet.answered < fleet.asked)
      throw new TableError('SOURCE_FAILED', 'nodes of the fleet are missing. JSON and NDJSON say which');
    const end = writer.tail + (format.end?.({ ...counts, position, fleet, ...openIn(exchange.table) }) ?? '');
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

/** Streams the whole list while the table is read. */
export async function answerStream(
  exchange: Exchange,
  format: StreamFormat,
  { filter, values }: ListQuery,
): Promise<Response> {
  const { limit, fields, sort, fresh } = values;
  const position = format.end && (await positionFor(exchange, filter, values.position));
  const left = new AbortController();
  const counts: RowCounts = { scanned: 0, matched: 0, limited: false };
  const signal = AbortSignal.any([exchange.signal, left.signal]);
  const batches = exchange.table.rows({ filter, signal, ...readsOf(values), ...given({ limit, sort, fresh }) }, counts);
  const first = await batches.next();
  const writer = writerOf(format, fields);
  const { out, response } = openAnswerStream(exchange.c, writer.type);
  const chunked = new ChunkedWriter(out, exchange.chunks, exchange.limits.stall, reason => left.abort(reason));
  // A client that disconnected needs no response about a failure.
  write(exchange, format, chunked, { writer, first, batches, counts, position }).catch(error => chunked.cut(error));
  return response;
}
