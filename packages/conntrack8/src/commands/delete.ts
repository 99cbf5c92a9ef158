import { type Context, sayCount } from '../context.js';
import { entryOutput } from '../output/entry-output.js';
import { ofChanged } from '../output/style.js';
import { deleteMatching } from '../select/delete-matching.js';
import { matchOf } from '../select/match.js';

/** `-D`: deletes all entries that match, and shows each. Nothing to delete is exit code 1. */
export async function remove(context: Context): Promise<number> {
  const { request, conntrack, terminal } = context;
  if (request.table === 'expect') return (await import('./expect-one.js')).deleteExpectation(context);
  // Labels are never shown with what is deleted.
  const output = await entryOutput({ output: ofChanged(request) }, terminal, { save: 'destroy' });
  output.tick();
  const count = await deleteMatching(conntrack, request, matchOf(request), {
    row: output.row,
    out: (bytes, length) => terminal.out(bytes, length),
  });
  sayCount(context, count, 'deleted');
  return count === 0 ? 1 : 0;
}
