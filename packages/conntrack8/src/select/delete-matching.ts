import type { BatchOutcome, Conntrack, DumpSlab, EntryCursor } from '@conntrack/netlink';
import { EntryDeletions } from '@conntrack/netlink';
import { ByteWriter } from '@conntrack/netlink/text';
import type { Request } from '../argv/request.js';
import type { Match } from './match.js';
import { scan } from './scan.js';

const ROOM = 512 * 1024;

/** How the deleted entries are printed. */
export interface Shown {
  row(entry: EntryCursor, into: ByteWriter): void;
  /** Writes text. @throws ReaderGone, OperationError */
  out(bytes: Uint8Array, length: number): void;
}

/** The matching entries of a slab: their delete requests, and their text with its ends. */
class Found {
  readonly deletions = new EntryDeletions();
  readonly rows = new ByteWriter(ROOM);
  readonly ends: number[] = [];

  /** Searches a slab, and replaces the entries found before. */
  fill(slab: DumpSlab, match: Match | undefined, shown: Shown | undefined): this {
    const cursor = slab.cursor();
    this.deletions.clear();
    this.ends.length = 0;
    this.rows.at = 0;
    while (cursor.next()) {
      if (match !== undefined && !match(cursor)) continue;
      this.deletions.add(cursor);
      shown?.row(cursor, this.rows);
      this.ends.push(this.rows.at);
    }
    return this;
  }
}

/** A running deletion. */
interface UnderWay {
  readonly found: Found;
  readonly outcomes: Promise<BatchOutcome[]>;
}

/**
 * Deletes the matching entries while they are dumped, in batches. Each is deleted by tuple, zones and id, so that a
 * connection that replaced it is never deleted. Deleted entries are printed; entries that had already ended are
 * skipped. While the kernel deletes the entries of one slab, the next slab is searched, and no more of the table is in
 * memory. Returns the number of deleted entries.
 */
export async function deleteMatching(
  conntrack: Conntrack,
  request: Request,
  match: Match | undefined,
  shown?: Shown,
): Promise<number> {
  const both = [new Found(), new Found()] as const;
  let count = 0;
  let underWay: UnderWay | undefined;
  const finish = async (): Promise<void> => {
    const before = underWay;
    underWay = undefined;
    if (before !== undefined) count += show(before.found, await before.outcomes, shown);
  };
  try {
    for await (const slab of scan(conntrack, request)) {
      // The entries of the previous slab wait for their outcomes, possibly for several slabs without matches.
      const found = (underWay?.found === both[0] ? both[1] : both[0]).fill(slab, match, shown);
      if (found.ends.length === 0) continue;
      await finish();
      underWay = { found, outcomes: conntrack.deleteEntries(found.deletions) };
      // The promise is awaited one slab later. Until then, its failure must not count as unhandled.
      underWay.outcomes.catch(() => {});
    }
    await finish();
  } finally {
    await underWay?.outcomes.catch(() => {});
  }
  return count;
}

/** Prints the deleted entries, then throws if one could not be deleted. Returns the number of deleted entries. */
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
