import { linesOf } from './lines.js';
import { batchesOf } from './list.js';

/**
 * The text of a snapshot, some lines at a time.
 *
 * @throws ApiError for an error line; ClientError STREAM_CUT when it is incomplete
 */
export async function* snapshotText(
  response: Response,
  format: 'ndjson' | 'save',
  signal: AbortSignal | undefined,
): AsyncGenerator<string> {
  const batches = format === 'save' ? linesOf(response.body!, signal) : batchesOf(response, signal, (_, line) => line);
  for await (const lines of batches) yield `${lines.join('\n')}\n`;
}
