import { setImmediate } from 'node:timers/promises';
import type { NodeFailure } from '@conntrack/flow/table';
import type { Member } from '../member.js';
import { failureOf } from './failure.js';
import type { FleetReport } from './report.js';

/** How nodes are asked. */
export interface Asking {
  /** Milliseconds within which each node must answer. */
  readonly deadline: number;
  readonly report: FleetReport;
  /** Aborted when the caller leaves: the requests to the nodes are then aborted. */
  readonly signal: AbortSignal | undefined;
}

/** What one node answered: a value, an error, or neither if it was silent. */
export interface Answer<T> {
  readonly member: Member;
  readonly value?: T;
  /** Why there is no value; absent if the node was silent. */
  readonly failure?: NodeFailure;
  readonly error?: unknown;
}

/** Whether a node answered. */
export const hasValue = <T>(answer: Answer<T>): answer is Answer<T> & { readonly value: T } => 'value' in answer;

/**
 * Asks all members at once, and resolves when each has answered or failed, or at the deadline. A node without an answer by then is
 * silent, and its request is aborted. The report names it.
 *
 * @throws the reason of the caller's signal
 */
export async function askEach<T>(
  members: readonly Member[],
  { deadline, report, signal }: Asking,
  call: (member: Member, signal: AbortSignal) => Promise<T>,
): Promise<Answer<T>[]> {
  signal?.throwIfAborted();
  const own = new AbortController();
  const answers: (Answer<T> | undefined)[] = members.map(() => undefined);
  let waiting = members.length;
  await new Promise<void>((resolve, reject) => {
    if (waiting === 0) return resolve();
    const leave = (): void => {
      own.abort(signal?.reason);
      finish(() => reject(signal?.reason));
    };
    const late = async (): Promise<void> => {
      // After a long task of this process, answers that arrived in time are still unread.
      await setImmediate();
      if (waiting === 0) return;
      finish(resolve);
      own.abort(new DOMException('the node did not answer within the deadline', 'TimeoutError'));
    };
    const timer = setTimeout(() => void late(), deadline);
    const finish = (then: () => void): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', leave);
      then();
    };
    signal?.addEventListener('abort', leave, { once: true });
    const take = (at: number, answer: Answer<T>): void => {
      if (own.signal.aborted) return;
      answers[at] = answer;
      if (--waiting === 0) finish(resolve);
    };
    for (const [at, member] of members.entries()) {
      report.asked(member.id);
      answered(() => call(member, own.signal)).then(
        value => take(at, { member, value }),
        error => take(at, { member, error, failure: failureOf(member.id, error) }),
      );
    }
  });
  return answers.map((answer, at) => {
    const { member, failure } = answer ?? { member: members[at]! };
    if (failure !== undefined) report.failed(failure);
    else if (answer === undefined) report.silent(member.id);
    return answer ?? { member };
  });
}

/** Also catches an error that is thrown before there is a promise. */
const answered = async <T>(call: () => Promise<T>): Promise<T> => call();
