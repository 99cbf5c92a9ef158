import type { FlowChange } from '@conntrack/flow';
import { checkWritable, type Limits, refusalOf, type Table } from '@conntrack/table';
import { type BulkArguments, limitsOf } from '../options/bulk.js';
import { selectionOf } from '../options/selection.js';
import { tableOf } from '../output/table/write-table.js';
import { writeFlow } from '../output/write-flows.js';
import type { Context } from '../process/context.js';
import { EXIT } from '../process/exit-codes.js';
import { changing } from '../process/interruption.js';
import { say } from '../process/io.js';
import { noteCopy, type SourceOptions, withTable } from '../source/source.js';
import { changeKeys } from './change-keys.js';
import { changeListed } from './change-listed.js';
import { changeMany } from './change-many.js';
import { changeOutput, type OutputArguments } from './change-output.js';
import { exclusionsOf, exclusionTest } from './exclusions.js';
import { type ChangeOfEach, changed } from './one-by-one.js';

/** The options that `delete` and `update` have in common. */
export interface ChangeArguments extends SourceOptions, BulkArguments, OutputArguments {}

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

/** Changes the entries with keys, or all entries that match a filter. Returns the exit code. */
export async function changeFlows(
  context: Context,
  words: readonly string[],
  options: ChangeArguments,
  change: FlowChange | 'delete',
): Promise<number> {
  const { io } = context;
  const verb = change === 'delete' ? 'deleted' : 'updated';
  const output = await changeOutput(io, options);
  const selection = await selectionOf(io, words, change === 'delete' ? 'delete' : 'update');
  const limits = limitsOf(options);
  return withTable(
    io,
    options,
    async table => {
      const exclusions = await exclusionsOf(io, table, options, { ends: change === 'delete' });
      const what = { verb, change, exclusions, limits, options, output } as const;
      if ('keys' in selection) return changeKeys(context, table, selection.keys, what);
      if ('key' in selection) return changeOne(context, table, selection.key, what);
      const { filter } = selection;
      if (output.prints && !options.dryRun) return changeListed(context, table, filter, what);
      return changeMany(context, table, {
        ...{ verb, filter, exclusions, limits, options, output },
        plan: (selected, how) => table.plan(selected, change, how),
      });
    },
    { changes: true },
  );
}

/** Changes the entry with a key, and prints it. Nobody is asked, because the key names exactly one entry. */
async function changeOne(
  context: Context,
  table: Table,
  key: string,
  { verb, change, exclusions, limits, options, output: { writer, list } }: ChangeOfEach,
): Promise<number> {
  const { io } = context;
  const flow = await table.get(key, { signal: io.signal });
  checkOne(table, limits);
  const reason = exclusionTest(exclusions)(flow);
  if (reason !== undefined) {
    const note = exclusions.find(each => each.reason === reason)?.note;
    say(io, `nothing was ${verb}: the entry ${reason === 'protected' ? 'is protected' : reason}`);
    if (note !== undefined) say(io, `note: ${note}`);
    return EXIT.failed;
  }
  if (options.dryRun) {
    if ('table' in list) await context.output.write(tableOf(list.table, [flow]));
    else await writeFlow(context, writer, flow);
    say(io, `1 entry would be ${verb}`);
    return EXIT.ok;
  }
  return changing(io, verb, async note => {
    const result = await changed(table, flow, change);
    note(`1 entry ${verb}`);
    await writeFlow(context, writer, result);
    noteCopy(io, table);
    return EXIT.ok;
  });
}
