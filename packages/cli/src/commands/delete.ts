import { type BulkArguments, limitsOf } from '../bulk-options.js';
import { changeMany } from '../change-many.js';
import { checkOne } from '../change-one.js';
import type { Context } from '../context.js';
import { EXIT } from '../exit-codes.js';
import { changing } from '../interruption.js';
import { say } from '../io.js';
import { outputFormat } from '../output/formats.js';
import { writeFlow } from '../output/write-flows.js';
import { selectionOf } from '../selection.js';
import { noteCopy, type SourceOptions, withTable } from '../source.js';

interface DeleteArguments extends SourceOptions, BulkArguments {
  output: string;
}

/** `ctctl delete KEY`, `ctctl delete FILTER…` */
export async function remove(context: Context, words: readonly string[], options: DeleteArguments): Promise<number> {
  const { io, output } = context;
  const { signal } = io;
  const format = await outputFormat(options.output);
  const selection = await selectionOf(io, words, 'delete');
  const limits = limitsOf(options);
  const dryRun = options.dryRun === true;
  return withTable(io, options, async table => {
    if ('filter' in selection) {
      const { filter } = selection;
      return changeMany(context, table, {
        verb: 'deleted',
        filter,
        change: 'delete',
        limits,
        dryRun,
        format: options.output,
      });
    }
    const { key } = selection;
    const flow = await table.get(key, { signal });
    checkOne(table, limits);
    if (dryRun) {
      await writeFlow({ io, output }, format, flow);
      say(io, '1 entry would be deleted');
      return EXIT.ok;
    }
    return changing(io, 'deleted', async note => {
      await table.delete(flow, { signal });
      note('1 entry deleted');
      await writeFlow({ io, output }, format, flow);
      noteCopy(io, table);
      return EXIT.ok;
    });
  });
}
