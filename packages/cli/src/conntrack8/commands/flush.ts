import type { Context } from '../context.js';
import { say } from '../context.js';
import { deleteMatching } from '../delete-matching.js';
import { matchOf } from '../match.js';

/** `-F`: empties a table, or what a family has of it. */
export async function flush(context: Context): Promise<number> {
  const { request, conntrack } = context;
  const expect = request.table === 'expect';
  // Said first, as conntrack(8) does: what fails is said behind it.
  say(context, `${expect ? 'expectation' : 'connection tracking'} table has been emptied.`);
  if (expect) {
    await conntrack.expectations.flush({ all: true });
    return 0;
  }
  const { family } = request;
  if (family === undefined) await conntrack.flush({ all: true });
  else
    try {
      await conntrack.flush({ family });
    } catch (error) {
      // A kernel that would ignore the family: its entries go one by one.
      if ((error as { code?: unknown }).code !== 'NOT_ENCODABLE') throw error;
      await deleteMatching(conntrack, request, matchOf(request), () => {});
    }
  return 0;
}
