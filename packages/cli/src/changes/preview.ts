import type { Flow } from '@conntrack/flow';
import { printableJson } from '@conntrack/flow/text';
import type { PlanSummary } from '@conntrack/table';
import type { ListFormat } from '../output/list-format.js';
import { tableOf } from '../output/table/write-table.js';
import type { Context } from '../process/context.js';
import { EXIT } from '../process/exit-codes.js';
import { type Done, entries, others } from '../process/interruption.js';
import { say } from '../process/io.js';
import type { ChangeOutput } from './change-output.js';

/** What a change would do. */
export type Preview = Pick<
  PlanSummary,
  'count' | 'matched' | 'skipped' | 'skips' | 'breakdown' | 'sample' | 'refusal'
> & { readonly notes?: readonly string[] };

/** The kinds of entries with their numbers: `tcp ESTABLISHED 12, udp 3`. */
const kindsOf = ({ breakdown }: Preview): string =>
  Object.entries(breakdown)
    .map(([kind, many]) => `${kind} ${many}`)
    .join(', ');

const skipsOf = ({ skips }: Preview): string => others(skips.map(({ count, reason }) => [count, reason]));

/** Writes what a change would do as the result of a dry run. Returns the exit code. @throws the plan's refusal */
export async function writePreview(
  { io, output }: Context,
  preview: Preview,
  { verb, output: { result: json, list } }: { readonly verb: Done; readonly output: ChangeOutput },
): Promise<number> {
  const { count, matched, skipped, skips, breakdown, sample, refusal, notes = [] } = preview;
  if (json) {
    const none = { changed: 0, gone: 0, failed: 0, failures: [], warnings: [] };
    const refused = refusal && { refusal: { code: refusal.code, message: refusal.message } };
    const result = { dryRun: true, matched, skipped, skips, breakdown, ...none, sample, ...refused };
    await output.write(`${printableJson(result)}\n`);
  } else {
    if (sample.length > 0) await output.write(listOf(list, sample));
    if (count > sample.length)
      say(io, `only the first ${sample.length} are shown; ${entries(count - sample.length)} more match`);
    const kinds = kindsOf(preview);
    say(io, `${entries(count)} would be ${verb}${kinds === '' ? '' : ` (${kinds})`}${skipsOf(preview)}`);
  }
  for (const note of notes) say(io, `note: ${note}`);
  if (refusal !== undefined) throw refusal;
  return matched === 0 ? EXIT.nothing : EXIT.ok;
}

/** The whole text of a few entries. */
function listOf(list: ListFormat, flows: readonly Flow[]): string {
  if ('table' in list) return tableOf(list.table, flows);
  const { head, separator, tail, line } = list.format;
  return head + flows.map(flow => line(flow)).join(separator) + tail;
}

/** Shows what a change would do, before the question. */
export function sayPreview({ io }: Pick<Context, 'io'>, preview: Preview, { question }: ChangeOutput): void {
  const { count, sample } = preview;
  if (sample.length > 0) io.stderr.write(tableOf(question, sample));
  if (count > sample.length) say(io, `and ${entries(count - sample.length)} more`);
  const kinds = kindsOf(preview);
  if (kinds !== '') say(io, `${entries(count)}: ${kinds}${skipsOf(preview)}`);
}
