import type { KeyedExpectation } from '@conntrack/flow/table';
import { queryOf } from '../calls/parameters.js';
import type { Transport } from '../calls/transport.js';
import { ClientError } from '../errors.js';
import { recordsOf } from './record-stream.js';
import type { WatchOptions } from './watch.js';

/** What happened to an expectation; or that the kernel lost some of it, and the list is to be read again. */
export type ExpectationRecord =
  | { type: 'new' | 'update' | 'destroy'; expectation: KeyedExpectation; time?: string }
  | { type: 'gap'; where: 'kernel'; count: number | null };

/** What to watch. */
export type WatchExpectationsOptions = Pick<WatchOptions, 'types' | 'idle' | 'signal'>;

/** One connection: there is no place to go on from. It ends when the server does. @throws ClientError STREAM_CUT when it breaks */
export async function* watchExpectations(
  transport: Transport,
  { types, idle, signal }: WatchExpectationsOptions = {},
): AsyncGenerator<ExpectationRecord, void> {
  const query = queryOf(undefined, { types });
  const records = recordsOf(transport, { path: '/expectations/events', query, idle, signal });
  const how = yield* records as unknown as AsyncGenerator<ExpectationRecord, 'bye' | 'end'>;
  if (how === 'end') throw new ClientError('STREAM_CUT', 'the stream ended without a bye record');
}
