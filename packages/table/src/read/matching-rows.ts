import { ALL } from '@conntrack/filter';
import { compileFilter } from '@conntrack/filter/compile';
import type { Flow, FlowCursor } from '@conntrack/flow';
import { batchOfFlows } from '../source/object-rows.js';
import type { RowBatch, RowCursor } from '../source/rows.js';
import type { ScanOptions, TableSource } from '../source/source.js';

/** Matching rows, without objects: a flow is made only on request. Valid until the next rows are requested. */
export interface MatchingRows {
  /** The cursor, on the row that {@link next} found. */
  readonly cursor: RowCursor;
  /** Moves to the next matching row; returns false if there is none. */
  next(): boolean;
}

/** The progress of a list. */
export interface RowCounts {
  /** Number of rows read. */
  scanned: number;
  /** Number of rows that match. */
  matched: number;
  /** Whether the list ended at its limit. Otherwise it ended because there were no more rows. */
  limited: boolean;
}

/** The counts at the beginning of a list. */
export const newCounts = (): RowCounts => ({ scanned: 0, matched: 0, limited: false });

class Rows implements MatchingRows {
  readonly cursor: RowCursor;
  readonly #isRepeated: RowBatch['isRepeated'];
  readonly #matches: ((cursor: FlowCursor) => boolean) | undefined;
  readonly #counts: RowCounts;
  readonly #limit: number;

  constructor(
    rows: RowBatch,
    matches: ((cursor: FlowCursor) => boolean) | undefined,
    limit: number,
    counts: RowCounts,
  ) {
    this.cursor = rows.cursor();
    this.#isRepeated = rows.isRepeated?.bind(rows);
    this.#matches = matches;
    this.#counts = counts;
    this.#limit = limit;
  }

  next(): boolean {
    const { cursor } = this;
    const counts = this.#counts;
    if (counts.matched >= this.#limit) {
      counts.limited = true;
      return false;
    }
    while (cursor.next()) {
      counts.scanned++;
      if (this.#matches !== undefined && !this.#matches(cursor)) continue;
      if (this.#isRepeated?.(cursor)) continue;
      counts.matched++;
      return true;
    }
    return false;
  }
}

/** Wraps flows that are already objects as rows that all match. */
export const rowsOfFlows = (flows: readonly Flow[], counts: RowCounts): MatchingRows =>
  new Rows(batchOfFlows(flows), undefined, Number.POSITIVE_INFINITY, counts);

/** Yields the matching rows of a source, each once. All scans check their rows here. `counts` is updated while rows are read. */
export async function* matchingRows(
  source: TableSource,
  { filter = ALL, limit = Number.POSITIVE_INFINITY, ...options }: ScanOptions & { limit?: number },
  counts: RowCounts = newCounts(),
): AsyncGenerator<MatchingRows> {
  if (limit <= 0) return;
  const matches = filter.kind === 'all' ? undefined : compileFilter(filter);
  for await (const rows of source.scan({ ...options, filter })) {
    yield new Rows(rows, matches, limit, counts);
    if (counts.limited) return;
  }
}
