import type { KeyedExpectation } from '@conntrack/flow/table';
import { queryOf } from '../calls/parameters.js';
import type { Transport } from '../calls/transport.js';
import { ClientError } from '../errors.js';
import { recordsOf } from './record-stream.js';
import type { WatchOptions } from './watch.js';

/** An event of an expectation, or a `gap`: the kernel lost events, so list the expectations again. */
export type ExpectationRecord =
  | { type: 'new' | 'update' | 'destroy'; expectation: KeyedExpectation; time?: string }
  | { type: 'gap'; where: 'kernel'; count: number | null };

/** Options of a watch of expectations. */
export type WatchExpectationsOptions = Pick<WatchOptions, 'types' | 'idle' | 'signal'>;

/**
 * Watches over one connection; it cannot be resumed. Ends when the server ends the stream.
 *
 * @throws ClientError STREAM_CUT when the connection breaks
 */
export async function* watchExpectations(
  transport: Transport,
  { types, idle, signal }: WatchExpectationsOptions = {},
): AsyncGenerator<ExpectationRecord, void> {
  const query = queryOf(undefined, { types });
  const records = recordsOf(transport, { path: '/expectations/events', query, idle, signal });
  const how = yield* records as unknown as AsyncGenerator<ExpectationRecord, 'bye' | 'end'>;
  if (how === 'end') throw new ClientError('STREAM_CUT', 'the stream ended without a bye record');
}
