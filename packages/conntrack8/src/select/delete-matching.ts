import type { BatchOutcome, Conntrack, DumpSlab, EntryCursor, FlowRef } from '@conntrack/netlink';
import { ByteWriter } from '@conntrack/netlink/text';
import type { Request } from '../argv/request.js';
import type { Match } from './match.js';
import { scan } from './scan.js';

const ROOM = 512 * 1024;

/** What a delete shows: how an entry is written, and where the text goes. */
export interface Shown {
  row(entry: EntryCursor, into: ByteWriter): void;
  /** @throws ReaderGone, OperationError */
  out(bytes: Uint8Array, length: number): void;
}

/** Entries that match, out of one slab: what finds each, and its text with where that ends. */
interface Found {
  readonly refs: FlowRef[];
  readonly rows: ByteWriter;
  readonly ends: number[];
}

/** A deletion under way. */
interface UnderWay {
  readonly found: Found;
  readonly outcomes: Promise<BatchOutcome[]>;
}

/**
 * Deletes the entries that match while they are dumped: in batches, each by tuple, zones and id, so that a connection that took over the tuple
 * is never hit. Each that was there to be deleted is shown; those that had ended already are passed over. While the kernel works on
 * one slab's entries the next slab is looked through: no more of the table is in memory. Answers how many were deleted.
 */
export async function deleteMatching(
  conntrack: Conntrack,
  request: Request,
  match: Match | undefined,
  shown?: Shown,
): Promise<number> {
  const writers = [new ByteWriter(ROOM), new ByteWriter(ROOM)] as const;
  let count = 0;
  let underWay: UnderWay | undefined;
  const finish = async (): Promise<void> => {
    const before = underWay;
    underWay = undefined;
    if (before !== undefined) count += show(before.found, await before.outcomes, shown);
  };
  try {
    for await (const slab of scan(conntrack, request)) {
      // The other one's text waits for its outcomes: for longer than a slab where nothing matches in the next.
      const rows = underWay?.found.rows === writers[0] ? writers[1] : writers[0];
      const found = find(slab, match, shown, rows);
      if (found.refs.length === 0) continue;
      await finish();
      underWay = { found, outcomes: drain(conntrack.deleteMany(found.refs)) };
      // Awaited a slab later: until then a failure is nobody's.
      underWay.outcomes.catch(() => {});
    }
    await finish();
  } finally {
    await underWay?.outcomes.catch(() => {});
  }
  return count;
}

function find(slab: DumpSlab, match: Match | undefined, shown: Shown | undefined, rows: ByteWriter): Found {
  const cursor = slab.cursor();
  const refs: FlowRef[] = [];
  const ends: number[] = [];
  rows.at = 0;
  while (cursor.next()) {
    if (match !== undefined && !match(cursor)) continue;
    refs.push(cursor.ref());
    shown?.row(cursor, rows);
    ends.push(rows.at);
  }
  return { refs, rows, ends };
}

async function drain(outcomes: AsyncIterable<BatchOutcome>): Promise<BatchOutcome[]> {
  const all: BatchOutcome[] = [];
  for await (const outcome of outcomes) all.push(outcome);
  return all;
}

/** Shows what was deleted, then fails if something could not be. How many were. */
function show({ rows, ends }: Found, outcomes: readonly BatchOutcome[], shown: Shown | undefined): number {
  let count = 0;
  let kept = 0;
  let start = 0;
  let failure: Error | undefined;
  for (const [i, outcome] of outcomes.entries()) {
    const end = ends[i]!;
    if (outcome.outcome === 'failed') failure ??= outcome.error;
    else if (outcome.outcome === 'done') {
      if (kept !== start) rows.bytes.copyWithin(kept, start, end);
      kept += end - start;
      count++;
    }
    start = end;
  }
  if (kept > 0) shown?.out(rows.bytes, kept);
  if (failure !== undefined) throw failure;
  return count;
}
