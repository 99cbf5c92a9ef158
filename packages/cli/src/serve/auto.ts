import { type LocalTable, type OpenTableOptions, openTable } from '@conntrack/table';
import { type Io, say } from '../process/io.js';
import { reasonOf } from '../process/reason.js';
import { SAMPLE } from '../sample.js';

/** Opens the kernel's table. If it is not available, prints why, and opens the sample in memory. */
export async function openAuto(io: Io, options: OpenTableOptions): Promise<LocalTable> {
  try {
    return await openTable('kernel', options);
  } catch (error) {
    say(io, `the kernel’s table is not available: ${reason(error)}`);
    say(io, 'a sample table in memory is served instead: all reads and changes work on it, and changes are not saved');
  }
  const { netns: _, index: __, ...rest } = options;
  return openTable(`memory:${SAMPLE}`, rest);
}

/** The reason in one line. */
const reason = (error: unknown): string => reasonOf(error).replaceAll(/\s*\n\s*/g, '; ');
