import { parseWords, sayWarnings } from '../options/filter-argument.js';
import type { Context } from '../process/context.js';
import { EXIT } from '../process/exit-codes.js';
import { noteEmpty } from '../source/empty-note.js';
import { type SourceOptions, withTable } from '../source/source.js';
import type { DisplayOptions } from '../terminal/options.js';

/** The options of `ctctl count`. */
export interface CountArguments extends SourceOptions, DisplayOptions {
  by?: string;
  limit?: string;
  output?: string;
}

/** Runs `ctctl count [FILTER…]`. */
export async function count(context: Context, words: readonly string[], options: CountArguments): Promise<number> {
  const { io, output } = context;
  const parsed = await parseWords(words, 'read');
  const { filter } = parsed;
  return withTable(io, options, async table => {
    // Not before here, because the parts that are loaded before can be missing: see Incomplete.
    const by = options.by === undefined ? undefined : await import('./count-by.js');
    sayWarnings(io, parsed);
    if (options.by !== undefined) {
      const { countBy } = by!;
      return countBy(context, table, filter, { ...options, by: options.by });
    }
    const found = await table.count({ filter, signal: io.signal });
    await output.write(`${found}\n`);
    await noteEmpty(io, table, found);
    return EXIT.ok;
  });
}
