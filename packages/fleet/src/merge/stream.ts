import { setImmediate } from 'node:timers/promises';
import type { Flow } from '@conntrack/flow';
import type { Asking } from '../ask/ask-each.js';
import { failureOf } from '../ask/failure.js';
import { named } from '../ask/named.js';
import type { Target } from '../nodes.js';
import { Queue } from './queue.js';

/** The list of one node. */
interface Source {
  readonly node: string;
  readonly flows: AsyncIterator<readonly Flow[]>;
}

/** What a node returned next; without flows, its list has ended. */
interface Next {
  readonly source: Source;
  readonly flows?: readonly Flow[];
}

/**
 * Yields the lists of all nodes as they arrive, with back-pressure: of each node, at most one batch waits. A node that keeps the fleet waiting
 * for the deadline is silent, and its list is abandoned; what it returned before was yielded.
 */
export async function* mergedBatches(
  targets: readonly Target[],
  { deadline, report, signal }: Asking,
  open: (target: Target, signal: AbortSignal) => AsyncIterable<readonly Flow[]>,
): AsyncGenerator<readonly Flow[]> {
  signal?.throwIfAborted();
  const own = new AbortController();
  const arrived = new Queue<Next>();
  const reading = new Set<Source>();
  const leave = (): void => {
    own.abort(signal?.reason);
    arrived.fail(signal?.reason);
  };
  signal?.addEventListener('abort', leave, { once: true });
  /** Asks for the next batch. The node is silent if it does not come within the deadline. */
  const ask = (source: Source): void => {
    let isWaiting = true;
    const take = (next: Next): void => {
      if (!isWaiting) return;
      isWaiting = false;
      clearTimeout(timer);
      arrived.push(next);
    };
    const late = async (): Promise<void> => {
      // After a long task of this process, batches that arrived in time are still unread.
      await setImmediate();
      if (!isWaiting) return;
      report.silent(source.node);
      take({ source });
      void source.flows.return?.().catch(() => {});
    };
    const timer = setTimeout(() => void late(), deadline);
    source.flows.next().then(
      ({ done, value }) => take(done ? { source } : { source, flows: value }),
      (error: unknown) => {
        if (isWaiting && !own.signal.aborted) report.failed(failureOf(source.node, error));
        take({ source });
      },
    );
  };
  try {
    for (const target of targets) {
      report.asked(target.member.id);
      const source = { node: target.member.id, flows: open(target, own.signal)[Symbol.asyncIterator]() };
      reading.add(source);
      ask(source);
    }
    while (reading.size > 0) {
      const { source, flows } = await arrived.next();
      if (flows === undefined) {
        reading.delete(source);
        continue;
      }
      yield flows.map(flow => named(source.node, flow));
      ask(source);
    }
  } finally {
    signal?.removeEventListener('abort', leave);
    own.abort(new DOMException('the list was left', 'AbortError'));
    for (const { flows } of reading) void flows.return?.().catch(() => {});
  }
}
