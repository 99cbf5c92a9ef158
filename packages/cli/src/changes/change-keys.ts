import { checkKey, type Flow } from '@conntrack/flow';
import type { ListedChange } from '@conntrack/flow/table';
import { checkWritable, refusalOf, type Table } from '@conntrack/table';
import type { Context } from '../process/context.js';
import { EXIT } from '../process/exit-codes.js';
import { changing } from '../process/interruption.js';
import type { Io } from '../process/io.js';
import { UsageError } from '../process/usage-error.js';
import { asked, asks, SHOWN } from './ask.js';
import { type ChangeOfEach, changeEach, type Outcome, outcomeOf, tallied } from './one-by-one.js';
import type { Preview } from './preview.js';
import { report, summary } from './report.js';

/** Number of changes in one request to a server. */
const BATCH = 500;

/**
 * Changes the entries with these keys. Returns the exit code. An entry that has ended is not a failure.
 *
 * @throws FlowKeyError for a word that is not a key; the reason why the change is refused
 */
export async function changeKeys(
  context: Context,
  table: Table,
  keys: readonly string[],
  what: ChangeOfEach,
): Promise<number> {
  const { io } = context;
  const { verb, limits, options } = what;
  if (what.output.prints && 'table' in what.output.list)
    throw new UsageError('--output: entries with given keys are printed one by one, not as a table. Use -o text');
  checkWritable(table.source);
  for (const key of keys) checkKey(key);
  const refusal = refusalOf(keys.length, limits);
  if (refusal !== undefined) throw refusal;
  return changing(io, verb, async note => {
    if (!options.dryRun && asks(io, options) && keys.length > 0) {
      const sample = await found(io, table, keys.slice(0, SHOWN));
      if (!(await asked(context, table, previewOf(keys.length, sample), what))) return EXIT.failed;
    }
    // To see whether an entry is skipped, and to print it, it is looked up.
    const looksUp = what.exclusions.length > 0 || what.output.prints;
    const outcomes = looksUp ? changeEach(context, table, keys, what) : listed(table, keys, what);
    const counts = await tallied(io, outcomes, { verb, total: keys.length });
    const result = options.dryRun ? { ...counts, dryRun: true, changed: 0 } : counts;
    note(summary(verb, result));
    const code = await report(context, table, result, what, counts.changed);
    return code === EXIT.ok && result.matched === result.gone ? EXIT.nothing : code;
  });
}

/** The entries with these keys that exist. */
async function found({ signal }: Pick<Io, 'signal'>, table: Table, keys: readonly string[]): Promise<Flow[]> {
  const flows: Flow[] = [];
  for (const key of keys)
    try {
      flows.push(await table.get(key, { signal }));
    } catch (error) {
      outcomeOf(error);
    }
  return flows;
}

/** What is known about entries with given keys before they are looked up. */
const previewOf = (count: number, sample: readonly Flow[]): Preview => ({
  ...{ count, matched: count, skipped: 0, skips: [], breakdown: {}, sample, refusal: undefined },
});

/** Changes entries by their keys alone, many with one request. */
async function* listed(
  table: Table,
  keys: readonly string[],
  { change, options }: ChangeOfEach,
): AsyncGenerator<Outcome> {
  const changeOf = (key: string): ListedChange =>
    change === 'delete' ? { op: 'delete', key } : { op: 'update', key, change };
  for (let at = 0; at < keys.length; at += BATCH) {
    const changes = keys.slice(at, at + BATCH).map(changeOf);
    // Without the signal: changes that were begun are waited for, so that the counts are right.
    for await (const { outcome, error } of table.changeEach(changes, options.dryRun ? { dryRun: true } : {}))
      if (outcome === 'done' || outcome === 'ready') yield 'changed';
      else if (outcome === 'gone' || outcome === 'replaced') yield 'gone';
      else if (outcome === 'protected') yield { skipped: 'protected' };
      else yield { failed: error?.message ?? outcome };
  }
}
