import { type Context, sayCount } from '../context.js';
import { entryOutput } from '../output/entry-output.js';
import { ofChanged } from '../output/style.js';
import { deleteMatching } from '../select/delete-matching.js';
import { matchOf } from '../select/match.js';

/** `-D`: deletes all matching entries, and prints each. If nothing was deleted, the exit code is 1. */
export async function remove(context: Context): Promise<number> {
  const { request, conntrack, terminal } = context;
  if (request.table === 'expect') return (await import('./expect-one.js')).deleteExpectation(context);
  // conntrack(8) never prints the labels of deleted entries.
  const output = await entryOutput({ output: ofChanged(request) }, terminal, { save: 'destroy' });
  output.tick();
  const count = await deleteMatching(conntrack, request, matchOf(request), {
    row: output.row,
    out: (bytes, length) => terminal.out(bytes, length),
  });
  sayCount(context, count, 'deleted');
  return count === 0 ? 1 : 0;
}
