import type { Filter } from '@conntrack/filter';
import type { Plan, PlanOptions, PlanResult, Table } from '@conntrack/table';
import type { BulkArguments, CommandLimits } from '../options/bulk.js';
import type { Context } from '../process/context.js';
import { EXIT } from '../process/exit-codes.js';
import { changing } from '../process/interruption.js';
import { say } from '../process/io.js';
import { showProgress } from '../terminal/progress.js';
import { asked, asks, SHOWN } from './ask.js';
import type { ChangeOutput } from './change-output.js';
import { countExcluded, type Exclusion, type Skips, without, withSkips } from './exclusions.js';
import { writePreview } from './preview.js';
import { report, summary } from './report.js';
import { type Change, WORDS } from './words.js';

/** A change of all entries that match a filter. */
export interface ChangeOfMany {
  readonly verb: Change;
  /** The entries to change, including skipped ones. */
  readonly filter: Filter;
  readonly exclusions: readonly Exclusion[];
  /** Makes the plan of the change, for the filter without the skipped entries. */
  plan(filter: Filter, options: PlanOptions): Promise<Plan>;
  readonly limits: CommandLimits;
  readonly options: Pick<BulkArguments, 'dryRun' | 'yes'>;
  readonly output: ChangeOutput;
}

/** Number of entries that a dry run shows. */
const SAMPLE = 100;

/** The members of a plan that a preview shows. */
const summaryOf = ({ count, matched, skipped, skips, breakdown, sample, refusal }: Plan) => ({
  ...{ count, matched, skipped, skips, breakdown, sample, refusal },
});

/**
 * Changes all entries that match a filter; with `dryRun`, shows them instead. On a terminal it shows them and asks
 * first. Returns the exit code.
 *
 * @throws the reason why the change is refused, also for a dry run
 */
export async function changeMany(context: Context, table: Table, what: ChangeOfMany): Promise<number> {
  const { io } = context;
  const { signal } = io;
  const { options, verb, limits } = what;
  const filter = without(what.filter, what.exclusions);
  const planned = async (sample: number): Promise<[Plan, Skips]> => {
    const plan = await what.plan(filter, { ...limits, signal, sample });
    return [plan, await countExcluded(io, table, what.filter, what.exclusions)];
  };
  if (options.dryRun) {
    const [plan, skips] = await planned(SAMPLE);
    return writePreview(context, { ...withSkips(summaryOf(plan), skips), notes: skips.notes }, what);
  }
  return changing(io, verb, async note => {
    for (;;) {
      const [plan, skips] = await planned(asks(io, options) ? SHOWN : 0);
      for (const text of skips.notes) say(io, `note: ${text}`);
      if (asks(io, options) && plan.refusal === undefined && plan.count > 0) {
        if (!(await asked(context, table, withSkips(summaryOf(plan), skips), what))) return EXIT.failed;
        if (Date.now() >= plan.expires) {
          say(io, 'this list is more than a minute old. The current one:');
          continue;
        }
      }
      const result = withSkips(await executed(context, plan, verb), skips);
      note(summary(verb, result));
      return report(context, table, result, what);
    }
  });
}

/** Executes a plan, and shows how far it is. */
async function executed({ io }: Context, plan: Plan, verb: Change): Promise<PlanResult> {
  let counts: Readonly<PlanResult> | undefined;
  const done = (): number => (counts === undefined ? 0 : plan.count - counts.notAttempted);
  const progress = showProgress(io, { verb: WORDS[verb].runs, total: plan.count, done });
  try {
    return await plan.execute({
      signal: io.signal,
      live: result => {
        counts = result;
      },
    });
  } finally {
    progress.end();
  }
}
