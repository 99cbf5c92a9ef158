import type { BatchOutcome, Conntrack, EntryCursor, FlowRef } from '@conntrack/netlink';
import type { Match } from './match.js';
import type { Request } from './request.js';
import { scan } from './scan.js';

/**
 * Deletes the entries that match while they are dumped: in batches, each by tuple, zones and id, so that a connection that took over the tuple
 * is never hit. `deleted` is called for each that was there to be deleted, in order, with its message; those that had ended already are passed over. No more of the table
 * is in memory than two slabs.
 */
export async function deleteMatching(
  conntrack: Conntrack,
  request: Request,
  match: Match | undefined,
  deleted: (entry: EntryCursor) => void,
): Promise<number> {
  let count = 0;
  for await (const slab of scan(conntrack, request)) {
    const refs: FlowRef[] = [];
    const found = slab.cursor();
    const hits: boolean[] = [];
    while (found.next()) {
      const hit = match === undefined || match(found);
      hits.push(hit);
      if (hit) refs.push(found.ref());
    }
    if (refs.length === 0) continue;
    const outcomes: BatchOutcome[] = [];
    for await (const outcome of conntrack.deleteMany(refs)) outcomes.push(outcome);
    const again = slab.cursor();
    let next = 0;
    for (const hit of hits) {
      again.next();
      if (!hit) continue;
      const outcome = outcomes[next++]!;
      if (outcome.outcome === 'failed') throw outcome.error;
      if (outcome.outcome === 'gone') continue;
      count++;
      deleted(again);
    }
  }
  return count;
}
