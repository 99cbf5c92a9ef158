import type { Flow, FlowChange } from '@conntrack/flow';
import { isSourceFailure, type PlanResult, type Table, TableError } from '@conntrack/table';
import type { BulkArguments, CommandLimits } from '../options/bulk.js';
import { FlowListWriter } from '../output/flow-list-writer.js';
import type { Context } from '../process/context.js';
import type { Io } from '../process/io.js';
import { showProgress } from '../terminal/progress.js';
import { isTerminal } from '../terminal/streams.js';
import type { ChangeOutput } from './change-output.js';
import { type Exclusion, exclusionTest } from './exclusions.js';
import { type Change, WORDS } from './words.js';

/** A change of entries that are changed one by one. */
export interface ChangeOfEach {
  readonly verb: Change;
  readonly change: FlowChange | 'delete';
  readonly exclusions: readonly Exclusion[];
  readonly limits: CommandLimits;
  readonly options: Pick<BulkArguments, 'dryRun' | 'yes'>;
  readonly output: ChangeOutput;
}

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

/** Adds the outcome of a change to the counts. */
function add(result: PlanResult, outcome: Outcome): void {
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

/**
 * Makes changes one by one, shows how far they are, and returns their counts.
 *
 * @throws TableError with the counts so far: STOPPED by the signal, or the error of the table
 */
export async function tallied(
  io: Io,
  outcomes: AsyncIterable<Outcome>,
  { verb, total, breakdown = {} }: { verb: Change; total: number; breakdown?: PlanResult['breakdown'] },
): Promise<PlanResult> {
  const { signal } = io;
  const result: PlanResult = {
    ...{ dryRun: false, matched: total, changed: 0, gone: 0, failed: 0, skipped: 0, notAttempted: total },
    ...{ breakdown, skips: [], failures: [], warnings: [] },
  };
  // On one terminal, the line that is rewritten and the lines of entries would overwrite each other.
  const progress = isTerminal(io.stdout)
    ? undefined
    : showProgress(io, { verb: WORDS[verb].runs, total, done: () => total - result.notAttempted });
  try {
    for await (const outcome of outcomes) {
      add(result, outcome);
      signal.throwIfAborted();
    }
    return result;
  } catch (error) {
    const code = signal.aborted ? 'STOPPED' : error instanceof TableError ? error.code : 'SOURCE_FAILED';
    throw new TableError(code, error instanceof Error ? error.message : String(error), {
      ...(error instanceof TableError && error.details),
      ...{ cause: error, result },
    });
  } finally {
    progress?.end();
  }
}

/** Changes one entry, and returns it as it then is. Not stopped by a signal, so that the outcome is known. */
export async function changed(table: Table, flow: Flow, change: FlowChange | 'delete'): Promise<Flow> {
  if (change !== 'delete') return table.update(flow, change);
  await table.delete(flow);
  return flow;
}

/** Changes entries one by one, and prints those that were changed. Entries with given keys are looked up first. */
export async function* changeEach(
  context: Context,
  table: Table,
  targets: Iterable<Flow | string>,
  { change, output, exclusions, options }: ChangeOfEach,
): AsyncGenerator<Outcome> {
  const { signal } = context.io;
  const list = output.prints ? new FlowListWriter(context, output.writer) : undefined;
  const skippedFor = exclusionTest(exclusions);
  for (const target of targets) {
    try {
      const flow = typeof target === 'string' ? await table.get(target, { signal }) : target;
      const reason = skippedFor(flow);
      if (reason !== undefined) {
        yield { skipped: reason };
        continue;
      }
      list?.write(options.dryRun ? flow : await changed(table, flow, change));
      yield 'changed';
    } catch (error) {
      yield outcomeOf(error);
    }
    await list?.ready();
  }
  await list?.end();
}
