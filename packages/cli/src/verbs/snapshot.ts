import type { SnapshotFormat } from '@conntrack/table';
import { writeAtomically } from '../files/atomic-file.js';
import { filterOf } from '../options/filter-argument.js';
import type { Context } from '../process/context.js';
import { EXIT } from '../process/exit-codes.js';
import { entries } from '../process/interruption.js';
import { say } from '../process/io.js';
import { UsageError } from '../process/usage-error.js';
import { noteEmpty } from '../source/empty-note.js';
import { type SourceOptions, withTable } from '../source/source.js';
import { showProgress } from '../terminal/progress.js';
import { isTerminal } from '../terminal/streams.js';

interface SnapshotArguments extends SourceOptions {
  output: string;
  file?: string;
}

const FORMATS: readonly SnapshotFormat[] = ['ndjson', 'save'];

/** Runs `ctctl snapshot [FILTER…]`. */
export async function snapshot(
  { io, output }: Context,
  words: readonly string[],
  options: SnapshotArguments,
): Promise<number> {
  const { signal } = io;
  const { file } = options;
  const format = FORMATS.find(each => each === options.output.toLowerCase());
  if (format === undefined)
    throw new UsageError(
      `--output: a snapshot is ndjson or save, got '${options.output}'. For other formats use: ctctl list -o FORMAT`,
    );
  const filter = await filterOf(io, words, 'read');
  return withTable(io, options, async table => {
    let count = 0;
    const total = filter.kind === 'all' ? (await table.capabilities({ signal })).count : undefined;
    async function* counted(): AsyncGenerator<string> {
      for await (const text of table.snapshot({ filter, format: format!, signal })) {
        count += linesOf(text);
        yield text;
      }
    }
    // On one terminal, the progress and the entries would overwrite each other.
    const progress =
      file === undefined && isTerminal(io.stdout)
        ? undefined
        : showProgress(io, { verb: 'saving', total, done: () => count });
    try {
      if (file === undefined) for await (const text of counted()) await output.write(text);
      else
        await writeAtomically(file, counted(), {
          signal,
          instead: `Write to standard output instead: ctctl snapshot > ${file}`,
        });
    } catch (error) {
      if (signal.aborted && file !== undefined) say(io, `interrupted: ${file} was not written`);
      throw error;
    } finally {
      progress?.end();
    }
    if (file !== undefined) say(io, `${entries(count)} saved in ${file}`);
    if (format === 'save')
      say(io, 'note: -o save does not contain labels, helpers, masters and ids; -o ndjson contains everything');
    await noteEmpty(io, table, count);
    return EXIT.ok;
  });
}

function linesOf(text: string): number {
  let lines = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines++;
  return lines;
}
