import { captureBatches } from '@conntrack/parser/capture';
import { textInput } from '../files/text-input.js';
import { outputFormat } from '../output/formats.js';
import { writeFlows } from '../output/write-flows.js';
import type { Context } from '../process/context.js';
import { EXIT } from '../process/exit-codes.js';
import { entries } from '../process/interruption.js';
import { say } from '../process/io.js';
import { showProgress } from '../terminal/progress.js';
import { isTerminal } from '../terminal/streams.js';

interface ConvertArguments {
  to: string;
  skipBadLines?: boolean;
}

/** Runs `ctctl convert [FILE] --to FORMAT`. */
export async function convert(
  { io, output }: Context,
  file: string | undefined,
  { to, skipBadLines }: ConvertArguments,
): Promise<number> {
  const format = await outputFormat(to);
  const input = await textInput(io, 'convert', file);
  const progress = isTerminal(io.stdout)
    ? undefined
    : showProgress(io, { verb: 'converting', total: input.size, done: input.done, unit: 'bytes' });
  const batches = captureBatches(input.chunks, {
    signal: io.signal,
    ...(skipBadLines
      ? {
          mode: 'tolerant' as const,
          onBadLine: error => say(io, `skipped ${error.message}\n${error.snippet.replace(/^/gm, '  ')}`),
        }
      : { mode: 'strict' as const }),
  });
  let count: number;
  try {
    count = await writeFlows({ io, output }, format, batches);
  } finally {
    progress?.end();
  }
  if (count === 0) say(io, `note: ${file ?? 'standard input'} contains no entries`);
  else if (batches.badLines > 0) say(io, `${entries(count)} converted, ${batches.badLines} invalid lines skipped`);
  return EXIT.ok;
}
