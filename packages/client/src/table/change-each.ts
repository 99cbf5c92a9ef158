import { checkKey, FlowKeyError } from '@conntrack/flow';
import { type ListedChange, type ListedOutcome, TableError } from '@conntrack/flow/table';
import type { ConntrackClient } from '../client.js';
import { ApiError } from '../errors.js';
import type { Changed } from '../protocol/answers.js';
import type { ChangeEach } from './options.js';
import { codeOf, tableError } from './table-error.js';

/** Maximum number of changes in one request. */
const MOST = 1000;

const named = (change: ListedChange): { key?: string } => ('key' in change ? { key: change.key } : {});

const failed = (change: ListedChange, message: string): ListedOutcome => ({
  outcome: 'failed',
  ...named(change),
  error: new TableError('INVALID_CHANGE', message),
});

const outcomesOf = ({ results }: Changed): ListedOutcome[] =>
  results.map(({ op: _, code, detail, ...outcome }) => ({
    ...outcome,
    ...(code && { error: new TableError(codeOf(code), detail ?? code) }),
  }));

/**
 * The index of the first change that a rejected request is about. `undefined` if the rejection is about something else.
 */
function firstNamed({ issues }: ApiError): number | undefined {
  const places = issues.map(({ pointer }) => Number(/^\/changes\/(\d+)/.exec(pointer ?? '')?.[1] ?? Number.NaN));
  const first = Math.min(...places);
  return Number.isInteger(first) ? first : undefined;
}

/**
 * Sends changes in one request. The server rejects the whole list if one change is invalid or a flow occurs twice.
 * Nothing was done then, so the list is split and sent again.
 */
async function* sendBatch(
  client: ConntrackClient,
  batch: readonly ListedChange[],
  options: ChangeEach,
): AsyncGenerator<ListedOutcome> {
  let refused: number | undefined;
  try {
    yield* outcomesOf(await client.changes(batch, options));
    return;
  } catch (error) {
    if (!(error instanceof ApiError)) throw tableError(error);
    if (error.problem.result !== undefined) yield* outcomesOf(error.problem.result as Changed);
    else refused = firstNamed(error);
    if (refused === undefined) throw tableError(error);
    if (batch.length === 1) {
      yield failed(batch[0]!, error.issues[0]?.message ?? error.message);
      return;
    }
  }
  const cut = Math.max(1, refused);
  yield* sendBatch(client, batch.slice(0, cut), options);
  yield* sendBatch(client, batch.slice(cut), options);
}

/**
 * Makes changes on a server, many in each request, and yields the outcome of each in order.
 *
 * @throws TableError when the table as a whole fails
 */
export async function* changeEach(
  client: ConntrackClient,
  changes: Iterable<ListedChange>,
  options: ChangeEach,
): AsyncGenerator<ListedOutcome> {
  let batch: ListedChange[] = [];
  for (const change of changes) {
    try {
      if ('key' in change) checkKey(change.key);
      if (batch.push(change) < MOST) continue;
    } catch (error) {
      if (!(error instanceof FlowKeyError)) throw error;
      if (batch.length > 0) yield* sendBatch(client, batch, options);
      batch = [];
      yield failed(change, error.message);
      continue;
    }
    yield* sendBatch(client, batch, options);
    batch = [];
  }
  if (batch.length > 0) yield* sendBatch(client, batch, options);
}
