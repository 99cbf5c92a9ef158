import type { Transport } from '../calls/transport.js';
import { ClientError, type ProblemBody } from '../errors.js';
import { linesOf, recordOf } from '../stream/lines.js';
import { errorLine } from '../stream/list.js';

/** Milliseconds without a sign of life: the server gives one every 15,000. */
const IDLE = 60_000;
const NDJSON = 'application/x-ndjson';

/** A stream of records, and what ends it. */
export interface RecordStream {
  path: string;
  query: string;
  idle: number | undefined;
  signal: AbortSignal | undefined;
}

/**
 * The records of one connection to a stream of events. Its value says whether the server said goodbye. Leaving the loop ends the connection.
 *
 * @throws ApiError for a refusal and for an error line; ClientError STREAM_CUT for a break, and for a server that is silent too long.
 */
export async function* recordsOf(
  transport: Transport,
  { path, query, idle = IDLE, signal }: RecordStream,
): AsyncGenerator<Record<string, unknown>, 'bye' | 'end'> {
  const own = new AbortController();
  // Many watches may share one signal: what follows it adds no listener to it.
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
      // The reader's own time, between two records, is not the server's silence.
      timer = setTimeout(silent, idle);
    }
    return 'end';
  } finally {
    clearTimeout(timer);
    own.abort();
  }
}
