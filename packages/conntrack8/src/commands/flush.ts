import { type Context, say } from '../context.js';
import { matchOf } from '../select/match.js';

/** `-F`: empties a table, or what a family has of it. */
export async function flush(context: Context): Promise<number> {
  const { request, conntrack } = context;
  const expect = request.table === 'expect';
  const { family } = request;
  if (expect) await conntrack.expectations.flush({ all: true });
  else if (family === undefined) await conntrack.flush({ all: true });
  else
    try {
      await conntrack.flush({ family });
    } catch (error) {
      // A kernel that would ignore the family: its entries go one by one.
      if ((error as { code?: unknown }).code !== 'NOT_ENCODABLE') throw error;
      const { deleteMatching } = await import('../select/delete-matching.js');
      await deleteMatching(conntrack, request, matchOf(request));
    }
  // Not before: conntrack(8) says so also when it then fails.
  say(context, `${expect ? 'expectation' : 'connection tracking'} table has been emptied.`);
  return 0;
}
