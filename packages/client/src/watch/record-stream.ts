import type { Transport } from '../calls/transport.js';
import { ClientError, type ProblemBody } from '../errors.js';
import { linesOf, recordOf } from '../stream/lines.js';
import { errorLine } from '../stream/list.js';

/** Milliseconds of silence after which a connection counts as broken. The server sends something every 15,000. */
const IDLE = 60_000;
const NDJSON = 'application/x-ndjson';

/** A stream of records to request. */
export interface RecordStream {
  path: string;
  query: string;
  idle: number | undefined;
  signal: AbortSignal | undefined;
}

/**
 * The records of one connection to an event stream. The generator returns whether the server sent `bye`. Leaving the
 * loop ends the connection.
 *
 * @throws ApiError for a rejected request and for an error line; ClientError STREAM_CUT for a broken connection, and
 * for a server that was silent for too long
 */
export async function* recordsOf(
  transport: Transport,
  { path, query, idle = IDLE, signal }: RecordStream,
): AsyncGenerator<Record<string, unknown>, 'bye' | 'end'> {
  const own = new AbortController();
  // Many watches may share one signal. A signal for each connection keeps the number of listeners on the shared one
  // low.
  const ended = AbortSignal.any(signal ? [signal, own.signal] : [own.signal]);
  const silent = (): void => own.abort(new ClientError('STREAM_CUT', `the server sent nothing for ${idle} ms`));
  let timer = setTimeout(silent, idle);
  try {
    const response = await transport.send({ path, query, accept: NDJSON, signal: ended, endless: true });
    if (response.body === null) throw new ClientError('ANSWER_INVALID', 'the response has no body');
    for await (const lines of linesOf(response.body, ended)) {
      clearTimeout(timer);
      for (const line of lines) {
        if (line === '') continue;
        const record = recordOf(line);
        if (record.type === 'error') throw errorLine(record as ProblemBody);
        if (record.type === 'bye') return 'bye';
        yield record;
      }
      // The time that the reader takes between two records does not count as silence.
      timer = setTimeout(silent, idle);
    }
    return 'end';
  } finally {
    clearTimeout(timer);
    own.abort();
  }
}
