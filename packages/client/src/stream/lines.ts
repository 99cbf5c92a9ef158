import { ClientError } from '../errors.js';
import { bytesOf } from './bytes.js';

/** Maximum characters of a line. A flow has about 500, a problem with many faults about 100,000. */
const MAX_LINE = 1 << 20;

/**
 * The lines of a body, in batches as they arrive. A chunk is read only when it is needed, so a slow reader slows the
 * sender down. Leaving the loop ends the request.
 *
 * @throws ClientError STREAM_CUT when the connection breaks, or the last line has no newline
 */
export async function* linesOf(
  body: ReadableStream<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly string[]> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const bytes of bytesOf(body, signal)) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n');
    rest = lines.pop()!;
    if (rest.length > MAX_LINE)
      throw new ClientError('ANSWER_INVALID', `a line of the response has more than ${MAX_LINE} characters`);
    if (lines.length > 0) yield lines;
  }
  if (rest !== '') throw new ClientError('STREAM_CUT', 'the response ended in the middle of a line');
}

/** Parses a line. @throws ClientError ANSWER_INVALID */
export function recordOf(line: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // The error below covers both cases.
  }
  throw new ClientError('ANSWER_INVALID', `a line of the response is not a record of this API: ${line.slice(0, 200)}`);
}
