import { type BulkArguments, bulkOptions, report } from '../bulk-options.js';
import type { Context } from '../context.js';
import { EXIT } from '../exit-codes.js';
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
  const format = await outputFormat(options.output);
  const selection = await selectionOf(io, words, 'delete');
  const limits = bulkOptions(options, io.signal);
  return withTable(io, options, async table => {
    if ('filter' in selection) {
      const result = await table.deleteMany(selection.filter, limits);
      const code = await report(context, 'deleted', result, options.output);
      if (result.changed > 0) noteCopy(io, table);
      return code;
    }
    const flow = await table.get(selection.key, { signal: io.signal });
    if (!limits.dryRun) await table.delete(selection.key, { signal: io.signal });
    await writeFlow(output, format, flow);
    if (limits.dryRun) say(io, '1 entry would be deleted');
    else noteCopy(io, table);
    return EXIT.ok;
  });
}
