import type { Context } from '../context.js';
import { noteEmpty } from '../empty-note.js';
import { EXIT } from '../exit-codes.js';
import { filterOf } from '../filter-argument.js';
import { say } from '../io.js';
import { type SourceOptions, withTable } from '../source.js';

/** `ctctl count [FILTER…]` */
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
