import type { Filter } from '@conntrack/filter';
import type { Flow } from '@conntrack/flow';
import { checkWritable, DEFAULT_MAX_AFFECTED, refusalOf, type Table, TableError } from '@conntrack/table';
import type { Context } from '../process/context.js';
import { EXIT } from '../process/exit-codes.js';
import { changing } from '../process/interruption.js';
import { type Io, say } from '../process/io.js';
import { asked, asks, SHOWN } from './ask.js';
import { countExcluded, without, withSkips } from './exclusions.js';
import { type ChangeOfEach, changeEach, tallied } from './one-by-one.js';
import { report, summary } from './report.js';

/** Maximum number of entries that can be printed as they are changed: they are kept in memory until then. */
const MOST = 100_000;

/** The kind of an entry, as plans count them: `tcp ESTABLISHED`. */
const kindOf = ({ protocol, protonum, state }: Flow): string =>
  [protocol ?? `proto ${protonum}`, state].filter(part => part !== undefined).join(' ');

/** The matching entries, as far as they may be changed, and their number. */
async function selected(io: Io, table: Table, filter: Filter, most: number): Promise<{ flows: Flow[]; count: number }> {
  const flows: Flow[] = [];
  let count = 0;
  for await (const batch of table.batches({ filter, signal: io.signal })) {
    count += batch.length;
    if (count <= most) flows.push(...batch);
  }
  return { flows, count };
}

/** The number of entries of each kind, most frequent first. */
function breakdownOf(flows: readonly Flow[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const flow of flows) counts[kindOf(flow)] = (counts[kindOf(flow)] ?? 0) + 1;
  return Object.fromEntries(Object.entries(counts).sort(([, one], [, other]) => other - one));
}

/**
 * Changes all entries that match a filter, one by one, and prints each one that was changed. Returns the exit code.
 *
 * @throws the reason why the change is refused
 */
export async function changeListed(
  context: Context,
  table: Table,
  filter: Filter,
  what: ChangeOfEach,
): Promise<number> {
  const { io } = context;
  const { verb, limits, exclusions, options } = what;
  checkWritable(table.source);
  const { maxAffected = DEFAULT_MAX_AFFECTED } = limits;
  return changing(io, verb, async note => {
    const { flows, count } = await selected(io, table, without(filter, exclusions), Math.min(maxAffected, MOST));
    const refusal = refusalOf(count, limits);
    if (refusal !== undefined) throw refusal;
    if (count > MOST)
      throw new TableError(
        'TOO_MANY_AFFECTED',
        `${count} flows match, and at most ${MOST} can be printed; nothing was changed. Change them without --show and -o`,
      );
    const breakdown = breakdownOf(flows);
    const skips = await countExcluded(io, table, filter, exclusions);
    for (const text of skips.notes) say(io, `note: ${text}`);
    if (asks(io, options) && count > 0) {
      const plan = { count, matched: count, skipped: 0, skips: [], breakdown, sample: flows.slice(0, SHOWN), refusal };
      if (!(await asked(context, table, withSkips(plan, skips), what))) return EXIT.failed;
    }
    const outcomes = changeEach(context, table, flows, what);
    const result = withSkips(await tallied(io, outcomes, { verb, total: count, breakdown }), skips);
    note(summary(verb, result));
    return report(context, table, result, what);
  });
}
