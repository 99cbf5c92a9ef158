import type { DumpSlab } from '@conntrack/netlink';
import { type Context, sayCount } from '../context.js';
import { ParameterError } from '../errors.js';
import { entryOutput } from '../output/entry-output.js';
import { type Match, matchOf } from '../select/match.js';
import { scan, zeroes } from '../select/scan.js';

/** `-L`: lists the matching entries of a table. */
export async function list(context: Context): Promise<number> {
  const { request, conntrack, terminal } = context;
  if (request.table === 'expect') return (await import('./expect-list.js')).listExpectations(context);
  const match = matchOf(request);
  // The kernel resets every counter that it reads, even of entries that are not printed.
  if (zeroes(request) && matchOf({ ...request, family: undefined }) !== undefined)
    throw new ParameterError("Can't use -z with filtering parameters");
  const output = await entryOutput(request, terminal, { document: true });
  let count = 0;
  for await (const slab of scan(conntrack, request)) count += writeSlab(slab, match, output);
  output.end();
  sayCount(context, count, 'shown');
  return 0;
}

function writeSlab(slab: DumpSlab, match: Match | undefined, output: Awaited<ReturnType<typeof entryOutput>>): number {
  const cursor = slab.cursor();
  let count = 0;
  output.tick();
  while (cursor.next())
    if (match === undefined || match(cursor)) {
      output.entry(cursor);
      count++;
    }
  output.flushLarge();
  return count;
}
