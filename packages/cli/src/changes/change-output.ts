import { type OutputFormat, outputFormat } from '../output/formats.js';
import { type ListFormat, listFormat } from '../output/list-format.js';
import { tableStyle } from '../output/table/style.js';
import type { TableStyle } from '../output/table/write-table.js';
import type { Io } from '../process/io.js';
import { UsageError } from '../process/usage-error.js';
import type { DisplayOptions } from '../terminal/options.js';
import { terminalOf } from '../terminal/terminal.js';

/** The options for what a change prints. */
export interface OutputArguments extends DisplayOptions {
  output?: string;
  show?: boolean;
  dryRun?: boolean;
}

/** What a change prints. */
export interface ChangeOutput {
  /** Whether its result is printed as JSON, instead of as a sentence. */
  readonly result: boolean;
  /** How a dry run lists entries. */
  readonly list: ListFormat;
  /** How each changed entry is printed. */
  readonly writer: OutputFormat;
  /** Whether each changed entry is printed although there are many. */
  readonly prints: boolean;
  /** The table above a question. */
  readonly question: TableStyle;
}

/** What a change prints, by its options. @throws UsageError */
export async function changeOutput(io: Io, options: OutputArguments): Promise<ChangeOutput> {
  const { output, show = false, dryRun = false } = options;
  const result = output?.toLowerCase() === 'json';
  const list = await listFormat(io, output ?? (dryRun ? undefined : 'text'), undefined, options);
  if ('table' in list && !dryRun)
    throw new UsageError(
      `--output: changed entries are printed one by one, not as a table. For a table of what would be changed: --dry-run -o ${output}`,
    );
  return {
    ...{ result, list },
    writer: 'format' in list ? list.format : await outputFormat('text'),
    prints: show || (output !== undefined && !result),
    question: tableStyle(terminalOf({ stdout: io.stderr, env: io.env }, options), false),
  };
}
