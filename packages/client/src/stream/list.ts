import type { Flow } from '@conntrack/flow';
import { ApiError, ClientError, type ProblemBody } from '../errors.js';
import type { ListEnd } from '../protocol/answers.js';
import { linesOf, recordOf } from './lines.js';

/** What each line of a streamed list is, by its `type`; a flow has none. */
const END = 'end';
const ERROR = 'error';

/** An error line: the answer had begun when the table failed, so that its status was 200. */
export const errorLine = (record: ProblemBody): ApiError => new ApiError(record.status ?? 500, record);

/**
 * The flows of an NDJSON answer in the batches that they came in. Its end line is the generator's value.
 *
 * @throws ApiError for an error line; ClientError STREAM_CUT when the end line is missing.
 */
export const flowBatches = (
  response: Response,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly Flow[], ListEnd> => batchesOf(response, signal, flow => flow);

/** What is made of each flow of an NDJSON answer and its line, likewise. */
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
