import { printableJson } from '@conntrack/flow/text';
import type { RestoreReport } from '@conntrack/table';
import { textInput } from '../files/text-input.js';
import { isJson } from '../options/format.js';
import { outputFormat } from '../output/formats.js';
import type { Context } from '../process/context.js';
import { EXIT } from '../process/exit-codes.js';
import { entries, others } from '../process/interruption.js';
import { type Io, say } from '../process/io.js';
import { noteCopy, type SourceOptions, withTable } from '../source/source.js';
import { showProgress } from '../terminal/progress.js';

interface RestoreArguments extends SourceOptions {
  output?: string;
  dryRun?: boolean;
}

/** Runs `ctctl restore [FILE]`. */
export async function restore(
  { io, output }: Context,
  file: string | undefined,
  options: RestoreArguments,
): Promise<number> {
  const { signal } = io;
  const { dryRun = false, skipBadLines = false, ...source } = options;
  const json = isJson(options.output);
  const input = await textInput(io, 'restore', file);
  return withTable(
    io,
    source,
    async table => {
      let report: Readonly<RestoreReport> | undefined;
      const progress = showProgress(io, { verb: 'restoring', total: input.size, done: input.done, unit: 'bytes' });
      try {
        report = await table.restore(input.chunks, {
          ...{ signal, dryRun },
          ...(skipBadLines && { onBadLine: ({ message }: { message: string }) => say(io, `skipped ${message}`) }),
          live: growing => {
            report = growing;
          },
        });
      } catch (error) {
        progress.end();
        sayStopped(io, report);
        throw error;
      } finally {
        progress.end();
      }
      if (json) await output.write(`${printableJson({ dryRun, ...report })}\n`);
      else await sayReport(io, report);
      if (report.created > 0) noteCopy(io, table);
      return report.refused > 0 ? EXIT.failed : EXIT.ok;
    },
    { changes: !dryRun },
  );
}

/** Says what was created before a restore ended early. */
function sayStopped(io: Io, report: Readonly<RestoreReport> | undefined): void {
  const begun = io.signal.aborted ? 'interrupted: ' : '';
  if (report?.read === 0 && !io.signal.aborted) return;
  if (report === undefined && !io.signal.aborted) return;
  const done = report === undefined ? 'it is unknown how many entries were created' : `${summary(report)} before that`;
  say(io, `${begun}${done}. The same snapshot can be restored again: existing entries stay`);
}

/** The counts in a sentence. */
const summary = ({ created, ready, existed, refused, badLines }: Readonly<RestoreReport>): string =>
  `${entries(ready ?? created)} ${ready === undefined ? 'created' : 'would be created'}${others([
    [existed, 'existed already'],
    [refused, 'refused'],
    [badLines, badLines === 1 ? 'invalid line skipped' : 'invalid lines skipped'],
  ])}`;

/** Prints the report: the counts, each reason with an example, and what the new entries lack. */
async function sayReport(io: Io, report: Readonly<RestoreReport>): Promise<void> {
  say(io, summary(report));
  const { line } = await outputFormat('text');
  for (const { count, reason, examples } of report.refusals) {
    say(io, `${count} refused: ${reason}`);
    if (examples[0] !== undefined) say(io, `  for example: ${line(examples[0]).trimEnd()}`);
  }
  const lost = Object.entries(report.lost).map(([field, count]) => `${field} (${count})`);
  if (lost.length > 0) say(io, `not restored: ${lost.join(', ')}`);
}
