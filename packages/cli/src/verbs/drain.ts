import { changeMany } from '../changes/change-many.js';
import { type ChangeOutput, changeOutput, type OutputArguments } from '../changes/change-output.js';
import { exclusionsOf } from '../changes/exclusions.js';
import { type BulkArguments, limitsOf } from '../options/bulk.js';
import { filterOf } from '../options/filter-argument.js';
import { seconds } from '../options/values/numbers.js';
import type { Context } from '../process/context.js';
import type { Io } from '../process/io.js';
import { UsageError } from '../process/usage-error.js';
import { type SourceOptions, withTable } from '../source/source.js';

/** The options of changes that cannot print their entries. */
export interface ResultArguments extends SourceOptions, BulkArguments, Omit<OutputArguments, 'show'> {}

/** What a change prints that cannot print its entries. @throws UsageError */
export async function resultOutput(io: Io, options: ResultArguments, verb: string): Promise<ChangeOutput> {
  const output = await changeOutput(io, options);
  if (output.prints && !options.dryRun)
    throw new UsageError(`--output: ${verb} prints its result only (json). With --dry-run, it prints entries`);
  return output;
}

/** Runs `ctctl drain FILTER… --within TIME`. */
export async function drain(
  context: Context,
  words: readonly string[],
  options: ResultArguments & { within: string },
): Promise<number> {
  const { io } = context;
  const within = seconds(options.within, '--within');
  if (within === 0)
    throw new UsageError('--within: must be at least one second. To delete entries at once: ctctl delete');
  const output = await resultOutput(io, options, 'drain');
  const filter = await filterOf(io, words, 'change');
  const limits = limitsOf(options);
  return withTable(
    io,
    options,
    async table =>
      changeMany(context, table, {
        ...{ verb: 'drained', filter, limits, options, output },
        exclusions: await exclusionsOf(io, table, options, { ends: true }),
        plan: (selected, how) => table.planDrain({ filter: selected, within }, how),
      }),
    { changes: true },
  );
}
