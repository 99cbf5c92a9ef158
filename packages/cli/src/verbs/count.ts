import { filterOf } from '../options/filter-argument.js';
import type { Context } from '../process/context.js';
import { EXIT } from '../process/exit-codes.js';
import { say } from '../process/io.js';
import { noteEmpty } from '../source/empty-note.js';
import { type SourceOptions, withTable } from '../source/source.js';

/** Runs `ctctl count [FILTER…]`. */
export async function count(
  { io, output }: Context,
  words: readonly string[],
  options: SourceOptions,
): Promise<number> {
  const filter = await filterOf(words, { purpose: 'read', warn: text => say(io, text) });
  return withTable(io, options, async table => {
    const found = await table.count({ filter, signal: io.signal });
    await output.write(`${found}\n`);
    await noteEmpty(io, table, found);
    return EXIT.ok;
  });
}
