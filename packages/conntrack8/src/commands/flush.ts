import { type Context, say } from '../context.js';
import { matchOf } from '../select/match.js';

/** `-F`: deletes all entries of a table, or of a family. */
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
      // This kernel would ignore the family, so the entries are deleted one by one.
      if ((error as { code?: unknown }).code !== 'NOT_ENCODABLE') throw error;
      const { deleteMatching } = await import('../select/delete-matching.js');
      await deleteMatching(conntrack, request, matchOf(request));
    }
  // Printed only after success. conntrack(8) prints it even if the flush then fails.
  say(context, `${expect ? 'expectation' : 'connection tracking'} table has been emptied.`);
  return 0;
}
