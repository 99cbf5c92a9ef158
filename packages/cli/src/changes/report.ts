import { printableJson } from '@conntrack/flow/text';
import type { BulkResult, PlanResult, Table } from '@conntrack/table';
import type { Context } from '../process/context.js';
import { EXIT } from '../process/exit-codes.js';
import { type Done, entries, others } from '../process/interruption.js';
import { say } from '../process/io.js';
import { noteEmpty } from '../source/empty-note.js';
import { noteCopy } from '../source/source.js';
import type { ChangeOutput } from './change-output.js';

/** The outcome of a bulk change in a sentence. */
export const summary = (verb: string, { changed, gone, skips, failed }: BulkResult): string =>
  `${entries(changed)} ${verb}${others([
    [gone, 'had ended before'],
    ...skips.map(({ count, reason }) => [count, reason] as const),
    [failed, 'failed'],
  ])}`;

/**
 * Writes the outcome as a sentence, or completely as JSON. Returns the exit code.
 *
 * @param ready for a dry run, the number of entries that would be changed
 */
export async function report(
  { io, output: stdout }: Context,
  table: Table,
  { notAttempted: _, ...result }: PlanResult,
  { verb, output }: { readonly verb: Done; readonly output: Pick<ChangeOutput, 'result'> },
  ready = 0,
): Promise<number> {
  if (output.result) await stdout.write(`${printableJson(result)}\n`);
  else {
    say(io, result.dryRun ? summary(`would be ${verb}`, { ...result, changed: ready }) : summary(verb, result));
    for (const warning of result.warnings) say(io, `note: ${warning}`);
    for (const { reason, count } of result.failures) say(io, `${count} failed: ${reason}`);
  }
  if (result.changed > 0) noteCopy(io, table);
  await noteEmpty(io, table, result.matched);
  if (result.failed > 0) return EXIT.failed;
  return result.matched === 0 ? EXIT.nothing : EXIT.ok;
}
