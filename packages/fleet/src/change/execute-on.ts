import { setImmediate } from 'node:timers/promises';
import { type PlanResult, TableError } from '@conntrack/flow/table';
import { failureOf } from '../ask/failure.js';
import { type Executed, executed, type NodePlan } from './outcome.js';

/** Number of flows that have an outcome. */
const progressOf = (live: Readonly<PlanResult> | undefined, skipped: number): number =>
  live === undefined ? 0 : live.changed + live.gone + live.failed + live.skipped - skipped;

/** The part of the deadline in which a node without progress can say what it did. */
const graceOf = (deadline: number): number => deadline / 4;

const SILENT = { code: 'silent', detail: 'the node did not answer within the deadline. It may still make the change' };

/** How the plan of a node is executed. */
interface Execution {
  readonly deadline: number;
  readonly signal: AbortSignal | undefined;
  readonly requestId: string | undefined;
}

/**
 * Executes the plan of one node. A node may take any time while its counts grow. A node without progress for the deadline is left alone, and
 * is a straggler. Never rejects: every node has an outcome.
 */
export async function executeOn(node: NodePlan, { deadline, signal, requestId }: Execution): Promise<Executed> {
  const { plan } = node;
  if (plan.count === 0) return executed(node, { state: 'done' });
  const own = new AbortController();
  let counts: Readonly<PlanResult> | undefined;
  const take = (live: Readonly<PlanResult>): void => {
    counts = live;
  };
  const leave = (): void => own.abort(signal?.reason);
  signal?.addEventListener('abort', leave, { once: true });
  const running = plan.execute({ signal: own.signal, live: take, ...(requestId !== undefined && { requestId }) }).then(
    result => executed(node, { state: 'done' }, result),
    (error: unknown) => failed(node, error),
  );
  try {
    for (let before = 0, now = 0; ; before = now) {
      const done = await within(running, deadline - graceOf(deadline));
      if (done !== undefined) return done;
      now = progressOf(counts, plan.skipped);
      if (now <= before) break;
    }
    own.abort(new DOMException('the node made no progress within the deadline', 'TimeoutError'));
    return (await within(running, graceOf(deadline))) ?? executed(node, { state: 'unknown', ...SILENT });
  } finally {
    signal?.removeEventListener('abort', leave);
  }
}

/** What is known of a node whose execution ended with an error. */
function failed(node: NodePlan, error: unknown): Executed {
  const { code, detail } = failureOf(node.member.id, error);
  const known = error instanceof TableError ? error.details : {};
  const why = { code, ...(detail !== undefined && { detail }) };
  if (known.continues) return executed(node, { state: 'running', ...why }, known.result);
  if (known.result !== undefined) return executed(node, { state: 'partial', ...why }, known.result);
  return executed(node, { state: wasRefused(error) ? 'unchanged' : 'unknown', ...why });
}

/** Errors with which a node refuses a plan before it changes anything. */
const REFUSALS: readonly string[] = [
  'PLAN_EXPIRED',
  'PLAN_USED',
  'NOT_PRIVILEGED',
  'READ_ONLY',
  'TOO_MANY_AFFECTED',
  'EXPECT_MISMATCH',
];

const wasRefused = (error: unknown): boolean => error instanceof TableError && REFUSALS.includes(error.code);

/** Waits for a promise, at most for a time; `undefined` if it takes longer. */
async function within<T>(promise: Promise<T>, milliseconds: number): Promise<T | undefined> {
  const timer = new AbortController();
  const late = new Promise<undefined>(resolve => {
    const id = setTimeout(() => void setImmediate().then(() => resolve(undefined)), milliseconds);
    timer.signal.addEventListener('abort', () => clearTimeout(id), { once: true });
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    timer.abort();
  }
}
