import type { Flow } from '@conntrack/flow';
import { ApiError, ClientError, type ProblemBody } from '../errors.js';
import type { ListEnd } from '../protocol/answers.js';
import { linesOf, recordOf } from './lines.js';

/** Values of `type` in the lines of a streamed list. A flow has no `type`. */
const END = 'end';
const ERROR = 'error';

/** The error in an error line. The table failed after the response had started, so the HTTP status was 200. */
export const errorLine = (record: ProblemBody): ApiError => new ApiError(record.status ?? 500, record);

/**
 * The flows of an NDJSON response, in batches as they arrive. The generator returns the end line.
 *
 * @throws ApiError for an error line; ClientError STREAM_CUT when the end line is missing
 */
export const flowBatches = (
  response: Response,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly Flow[], ListEnd> => batchesOf(response, signal, flow => flow);

/** Like {@link flowBatches}, with each flow and its line converted by `item`. */
export async function* batchesOf<Item>(
  response: Response,
  signal: AbortSignal | undefined,
  item: (flow: Flow, line: string) => Item,
): AsyncGenerator<readonly Item[], ListEnd> {
  if (response.body === null) throw new ClientError('ANSWER_INVALID', 'the response has no body');
  let end: ListEnd | undefined;
  for await (const lines of linesOf(response.body, signal)) {
    const flows: Item[] = [];
    let failure: ApiError | undefined;
    for (const line of lines) {
      if (end !== undefined) throw new ClientError('ANSWER_INVALID', 'the response continues after its end line');
      const record = recordOf(line);
      if (record.type === END) {
        const { type: _, ...rest } = record;
        end = rest as unknown as ListEnd;
      } else if (record.type === ERROR) failure = errorLine(record);
      else flows.push(item(record as unknown as Flow, line));
    }
    if (flows.length > 0) yield flows;
    if (failure !== undefined) throw failure;
  }
  if (end === undefined) throw new ClientError('STREAM_CUT', 'the list has no end line, so it is not complete');
  return end;
}
