import type { FlowChange } from '@conntrack/flow';
import { checkWritable, type Limits, refusalOf, type Table } from '@conntrack/table';
import { type BulkArguments, limitsOf } from '../options/bulk.js';
import { selectionOf } from '../options/selection.js';
import { outputFormat } from '../output/formats.js';
import { writeFlow } from '../output/write-flows.js';
import type { Context } from '../process/context.js';
import { EXIT } from '../process/exit-codes.js';
import { changing } from '../process/interruption.js';
import { say } from '../process/io.js';
import { noteCopy, type SourceOptions, withTable } from '../source/source.js';
import { changeMany } from './change-many.js';

/** The options that `delete` and `update` have in common. */
export interface ChangeArguments extends SourceOptions, BulkArguments {
  output: string;
}

/**
 * Checks the limits of the command line for a change of one entry.
 *
 * @throws TableError READ_ONLY, TOO_MANY_AFFECTED, EXPECT_MISMATCH
 */
function checkOne(table: Table, limits: Limits): void {
  checkWritable(table.source);
  const refusal = refusalOf(1, limits);
  if (refusal !== undefined) throw refusal;
}

/** Changes the entry with a key, or all entries that match a filter. Returns the exit code. */
export async function changeFlows(
  context: Context,
  words: readonly string[],
  options: ChangeArguments,
  change: FlowChange | 'delete',
): Promise<number> {
  const { io } = context;
  const { signal } = io;
  const verb = change === 'delete' ? 'deleted' : 'updated';
  const format = await outputFormat(options.output);
  const selection = await selectionOf(io, words, change === 'delete' ? 'delete' : 'update');
  const limits = limitsOf(options);
  const dryRun = options.dryRun === true;
  return withTable(
    io,
    options,
    async table => {
      if ('filter' in selection) {
        const { filter } = selection;
        return changeMany(context, table, { verb, filter, change, limits, dryRun, format: options.output });
      }
      const flow = await table.get(selection.key, { signal });
      checkOne(table, limits);
      if (dryRun) {
        await writeFlow(context, format, flow);
        say(io, `1 entry would be ${verb}`);
        return EXIT.ok;
      }
      return changing(io, verb, async note => {
        let changed = flow;
        if (change === 'delete') await table.delete(flow, { signal });
        else changed = await table.update(flow, change, { signal });
        note(`1 entry ${verb}`);
        await writeFlow(context, format, changed);
        noteCopy(io, table);
        return EXIT.ok;
      });
    },
    { changes: true },
  );
}
