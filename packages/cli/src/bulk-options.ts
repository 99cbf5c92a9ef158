import type { BulkOptions, BulkResult } from '@conntrack/table';
import type { Command } from 'commander';
import type { Context } from './context.js';
import { EXIT } from './exit-codes.js';
import { say } from './io.js';
import { outputFormat } from './output/formats.js';
import { integer } from './values/numbers.js';

/** How far a change of many flows may go, as the command line says it. */
export interface BulkArguments {
  maxAffected?: string;
  expect?: string;
  dryRun?: boolean;
}

/** Adds the limits of a change of many flows to a command. */
export function withBulkOptions(command: Command): Command {
  return command
    .option('--max-affected <count>', 'refuse when more flows match (1000 unless told)')
    .option('--expect <count>', 'refuse unless exactly so many match')
    .option('--dry-run', 'show what would be hit, change nothing');
}

/** The limits. @throws UsageError */
export const bulkOptions = (options: BulkArguments, signal: AbortSignal): BulkOptions => ({
  signal,
  ...(options.maxAffected !== undefined && { maxAffected: integer(options.maxAffected, '--max-affected') }),
  ...(options.expect !== undefined && { expect: integer(options.expect, '--expect') }),
  ...(options.dryRun && { dryRun: true }),
});

const entries = (count: number): string => `${count} ${count === 1 ? 'entry' : 'entries'}`;

/** What a change of many flows came to, in words. */
export function summary(verb: 'deleted' | 'updated', result: BulkResult): string {
  const kinds = Object.entries(result.breakdown).map(([kind, count]) => `${kind} ${count}`);
  if (result.dryRun) {
    const hit = result.matched - result.skipped;
    const spared = result.skipped > 0 ? `; ${entries(result.skipped)} protected` : '';
    return `${entries(hit)} would be ${verb}${kinds.length > 0 ? ` (${kinds.join(', ')})` : ''}${spared}`;
  }
  const others = [
    [result.gone, 'had ended before'],
    [result.skipped, 'protected'],
    [result.failed, 'failed'],
  ] as const;
  return [
    `${entries(result.changed)} ${verb}`,
    ...others.filter(([n]) => n > 0).map(([n, what]) => `${n} ${what}`),
  ].join(', ');
}

/** Writes the result: flows of a dry run in the format asked for and a sentence, or all of it as JSON. Answers the exit code. */
export async function report(
  { io, output }: Context,
  verb: 'deleted' | 'updated',
  result: BulkResult,
  formatName: string,
): Promise<number> {
  if (formatName === 'json' || formatName === 'ndjson') await output.write(`${JSON.stringify(result)}\n`);
  else {
    const format = await outputFormat(formatName);
    const { sample = [] } = result;
    if (sample.length > 0)
      await output.write(format.head + sample.map(flow => format.line(flow)).join(format.separator) + format.tail);
    say(io, summary(verb, result));
    for (const warning of result.warnings) say(io, `note: ${warning}`);
    for (const { reason, count } of result.failures) say(io, `${count} failed: ${reason}`);
  }
  if (result.failed > 0) return EXIT.failed;
  return result.matched === 0 ? EXIT.nothing : EXIT.ok;
}
