import { ALL } from '@conntrack/filter';
import { compileFilter } from '@conntrack/filter/compile';
import type { Flow, FlowCursor } from '@conntrack/flow';
import { batchOfFlows } from '../source/object-rows.js';
import type { RowBatch, RowCursor } from '../source/rows.js';
import type { TableSource } from '../source/source.js';
import type { FilteredOptions } from '../table-options.js';

/** Rows that match, where they lie: no object is made of them unless it is asked for. Good until the next ones are asked for. */
export interface MatchingRows {
  /** Stands on the row that {@link next} found. */
  readonly cursor: RowCursor;
  /** Moves to the next row that matches; false when there is none. */
  next(): boolean;
}

/** How far a list has come. */
export interface RowCounts {
  /** Rows looked at. */
  scanned: number;
  matched: number;
  /** It ended because it had as many as it was to have, not because there were no more. */
  limited: boolean;
}

/** Of a list that begins. */
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

/** Flows that are objects already, as rows that all match. */
export const rowsOfFlows = (flows: readonly Flow[], counts: RowCounts): MatchingRows =>
  new Rows(batchOfFlows(flows), undefined, Number.POSITIVE_INFINITY, counts);

/** The rows of a source that match, each once: the one place where rows of a scan are checked. `counts` is kept while they are read. */
export async function* matchingRows(
  source: TableSource,
  { filter = ALL, limit = Number.POSITIVE_INFINITY, signal }: FilteredOptions & { limit?: number },
  counts: RowCounts = newCounts(),
): AsyncGenerator<MatchingRows> {
  if (limit <= 0) return;
  const matches = filter.kind === 'all' ? undefined : compileFilter(filter);
  for await (const rows of source.scan({ filter, ...(signal && { signal }) })) {
    yield new Rows(rows, matches, limit, counts);
    if (counts.limited) return;
  }
}
