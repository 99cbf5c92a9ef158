import { isSourceFailure, type PlanResult, TableError } from '@conntrack/table';
import type { Io } from '../process/io.js';
import { showProgress } from '../terminal/progress.js';
import { isTerminal } from '../terminal/streams.js';

/** What happened to one entry. */
export type Outcome = 'changed' | 'gone' | { readonly skipped: string } | { readonly failed: string };

const GONE: readonly string[] = ['FLOW_NOT_FOUND', 'FLOW_REPLACED'];

/** The outcome for the error of one change. @throws errors about the whole table */
export function outcomeOf(error: unknown): Outcome {
  if (isSourceFailure(error)) throw error;
  const { code, message } = error as TableError;
  if (GONE.includes(code)) return 'gone';
  return code === 'PROTECTED' ? { skipped: 'protected' } : { failed: message };
}

const countUp = (counts: { reason: string; count: number }[], reason: string): void => {
  const known = counts.find(each => each.reason === reason);
  if (known === undefined) counts.push({ reason, count: 1 });
  else known.count++;
};

/** The counts of changes that are made one by one. They grow while the changes are made. */
export class Tally {
  readonly result: PlanResult;

  constructor(total: number, breakdown: PlanResult['breakdown'] = {}) {
    this.result = {
      ...{ dryRun: false, matched: total, changed: 0, gone: 0, failed: 0, skipped: 0, notAttempted: total },
      ...{ breakdown, skips: [], failures: [], warnings: [] },
    };
  }

  /** Makes the changes and counts their outcomes. @throws TableError with the counts: STOPPED by the signal, or the error of the table */
  async count(outcomes: AsyncIterable<Outcome>, { signal }: Pick<Io, 'signal'>): Promise<PlanResult> {
    try {
      for await (const outcome of outcomes) {
        this.#add(outcome);
        signal.throwIfAborted();
      }
    } catch (error) {
      const code = signal.aborted ? 'STOPPED' : error instanceof TableError ? error.code : 'SOURCE_FAILED';
      throw new TableError(code, error instanceof Error ? error.message : String(error), {
        ...(error instanceof TableError && error.details),
        ...{ cause: error, result: this.result },
      });
    }
    return this.result;
  }

  #add(outcome: Outcome): void {
    const { result } = this;
    result.notAttempted--;
    if (outcome === 'changed') result.changed++;
    else if (outcome === 'gone') result.gone++;
    else if ('skipped' in outcome) {
      result.skipped++;
      countUp(result.skips, outcome.skipped);
    } else {
      result.failed++;
      countUp(result.failures, outcome.failed);
    }
  }
}

/** Makes changes one by one, shows how far they are, and returns their counts. @throws TableError with the counts so far */
export async function tallied(
  io: Io,
  tally: Tally,
  outcomes: AsyncIterable<Outcome>,
  { verb }: { readonly verb: string },
): Promise<PlanResult> {
  const { matched: total } = tally.result;
  // On one terminal, the line that is rewritten and the lines of entries would overwrite each other.
  const progress = isTerminal(io.stdout)
    ? undefined
    : showProgress(io, { verb, total, done: () => total - tally.result.notAttempted });
  try {
    return await tally.count(outcomes, io);
  } finally {
    progress?.end();
  }
}
