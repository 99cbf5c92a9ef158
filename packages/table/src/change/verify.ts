import { setTimeout as sleep } from 'node:timers/promises';
import { type FlowChange, type FlowCursor, statusMask } from '@conntrack/flow';
import type { Verification } from '@conntrack/flow/table';
import type { TableSource } from '../source/source.js';
import type { TargetStore } from './target-store.js';

/** Maximum number of shown flows that came back. */
const SAMPLE = 20;

/** Options for verifying a plan. */
export interface VerifyOptions {
  /** Milliseconds to wait before the second look-up. */
  after: number;
}

/** Makes the test whether a flow still has the changed values of mark and status. Only another change alters them. */
function holds(change: FlowChange): (cursor: FlowCursor) => boolean {
  const { mark, markMask = 0xffffffff } = change;
  const status = statusMask(change.status ?? []);
  return cursor =>
    (mark === undefined || ((Math.max(0, cursor.mark()) ^ mark) & markMask) >>> 0 === 0) &&
    (Math.max(0, cursor.status()) & status) >>> 0 === status;
}

/** Scans the whole table again: a flow that came back need not match the filter that the old one matched. */
export async function verify(
  source: TableSource,
  targets: TargetStore,
  change: FlowChange | 'delete',
  looked: number,
  { after, signal }: VerifyOptions & { signal?: AbortSignal | undefined },
): Promise<Verification> {
  await sleep(after, undefined, { ...(signal && { signal }) });
  const found: Verification = { after, looked, back: 0, sameId: 0, sample: [] };
  if (looked === 0) return found;
  const find = targets.finder();
  const isBack = change === 'delete' ? () => true : negated(holds(change));
  for await (const rows of source.scan(signal ? { signal } : {}))
    for (const cursor = rows.cursor(); cursor.next(); ) {
      const target = find(cursor);
      if (target === undefined) continue;
      const same = target.id >= 0 && target.id === cursor.id();
      // After an update, another connection on the tuple is not counted.
      if ((change !== 'delete' && !same) || !isBack(cursor)) continue;
      found.back++;
      if (same) found.sameId++;
      if (found.sample.length < SAMPLE) found.sample.push(cursor.flow());
    }
  return found;
}

const negated =
  (test: (cursor: FlowCursor) => boolean) =>
  (cursor: FlowCursor): boolean =>
    !test(cursor);
