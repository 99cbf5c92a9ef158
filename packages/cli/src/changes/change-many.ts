import type { Filter } from '@conntrack/filter';
import type { FlowChange } from '@conntrack/flow';
import { printableJson } from '@conntrack/flow/text';
import type { BulkResult, Plan, Table } from '@conntrack/table';
import type { CommandLimits } from '../options/bulk.js';
import { outputFormat } from '../output/formats.js';
import type { Context } from '../process/context.js';
import { EXIT } from '../process/exit-codes.js';
import { changing, type Done, entries, others } from '../process/interruption.js';
import { say } from '../process/io.js';
import { noteCopy } from '../source/source.js';

/** A change of all entries that match a filter. */
export interface ChangeOfMany {
  readonly verb: Exclude<Done, 'created'>;
  readonly filter: Filter;
  readonly change: FlowChange | 'delete';
  readonly limits: CommandLimits;
  readonly dryRun: boolean;
  /** The value of `--output`. */
  readonly format: string;
}

const isJson = (format: string): boolean => /^(nd)?json$/i.test(format);

/**
 * Changes all entries that match a filter; with `dryRun`, shows them instead. Returns the exit code.
 *
 * @throws the reason why the change is refused, also for a dry run
 */
export async function changeMany(context: Context, table: Table, what: ChangeOfMany): Promise<number> {
  const { io } = context;
  const { filter, change, limits, dryRun, verb } = what;
  const { signal } = io;
  if (dryRun) return preview(context, await table.plan(filter, change, { ...limits, signal }), what);
  return changing(io, verb, async note => {
    const plan = await table.plan(filter, change, { ...limits, signal, sample: 0 });
    const { notAttempted: _, ...result } = await plan.execute({ signal });
    note(summary(verb, result));
    return report(context, table, result, what);
  });
}

/** Shows what a plan would change, and throws the reason if it would be refused. */
async function preview({ io, output }: Context, plan: Plan, { verb, format: name }: ChangeOfMany): Promise<number> {
  const { count, matched, skipped, skips, breakdown, sample, refusal } = plan;
  if (isJson(name)) {
    const none = { changed: 0, gone: 0, failed: 0, failures: [], warnings: [] };
    const refused = refusal && { refusal: { code: refusal.code, message: refusal.message } };
    const result = { dryRun: true, matched, skipped, skips, breakdown, ...none, sample, ...refused };
    await output.write(`${printableJson(result)}\n`);
  } else {
    const format = await outputFormat(name);
    if (sample.length > 0)
      await output.write(format.head + sample.map(flow => format.line(flow)).join(format.separator) + format.tail);
    if (count > sample.length)
      say(io, `only the first ${sample.length} are shown; ${entries(count - sample.length)} more match`);
    const kinds = Object.entries(breakdown).map(([kind, many]) => `${kind} ${many}`);
    say(
      io,
      `${entries(count)} would be ${verb}${kinds.length > 0 ? ` (${kinds.join(', ')})` : ''}${others(skips.map(({ count, reason }) => [count, reason]))}`,
    );
  }
  if (refusal !== undefined) throw refusal;
  return matched === 0 ? EXIT.nothing : EXIT.ok;
}

/** The outcome of a bulk change in a sentence. */
export const summary = (verb: Done, { changed, gone, skips, failed }: BulkResult): string =>
  `${entries(changed)} ${verb}${others([
    [gone, 'had ended before'],
    ...skips.map(({ count, reason }) => [count, reason] as const),
    [failed, 'failed'],
  ])}`;

/** Writes the outcome as a sentence, or completely as JSON. Returns the exit code. */
async function report(
  { io, output }: Context,
  table: Table,
  result: BulkResult,
  { verb, format }: ChangeOfMany,
): Promise<number> {
  if (isJson(format)) await output.write(`${printableJson(result)}\n`);
  else {
    say(io, summary(verb, result));
    for (const warning of result.warnings) say(io, `note: ${warning}`);
    for (const { reason, count } of result.failures) say(io, `${count} failed: ${reason}`);
  }
  if (result.changed > 0) noteCopy(io, table);
  if (result.failed > 0) return EXIT.failed;
  return result.matched === 0 ? EXIT.nothing : EXIT.ok;
}
