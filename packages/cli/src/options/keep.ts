import { promises } from 'node:fs';
import { text as textOf } from 'node:stream/consumers';
import { type Filter, FilterError } from '@conntrack/filter';
import type { Io } from '../process/io.js';
import { UsageError } from '../process/usage-error.js';

/** The options that name the entries to keep. */
export interface KeepArguments {
  keep?: string;
  keepFilter?: readonly string[];
}

async function contentOf({ stdin }: Io, file: string): Promise<string> {
  if (file === '-') return textOf(stdin);
  try {
    return await promises.readFile(file, 'utf8');
  } catch (error) {
    throw new UsageError(`--keep: cannot read the file: ${(error as Error).message}`);
  }
}

/**
 * The filters of the entries to keep: of a file with one filter a line, and of `--keep-filter`. A list without filters
 * is refused, because everything in the scope would be deleted if the program that makes the list fails.
 *
 * @throws UsageError, with the line of a filter that is invalid
 */
export async function keptOf(io: Io, { keep, keepFilter = [] }: KeepArguments): Promise<Filter[]> {
  if (keep === undefined && keepFilter.length === 0)
    throw new UsageError('the entries to keep are missing: use --keep FILE or --keep-filter FILTER');
  const name = keep === '-' ? 'standard input' : keep;
  const lines = keep === undefined ? [] : (await contentOf(io, keep)).split('\n');
  const given = [
    ...lines.map((line, i) => ({ text: line.replace(/(^|\s)#.*$/, '').trim(), where: `${name}:${i + 1}` })),
    ...keepFilter.map(text => ({ text, where: '--keep-filter' })),
  ].filter(({ text }) => text !== '');
  if (given.length === 0)
    throw new UsageError(
      `${name} contains no filter, so the whole scope would be deleted. If this is intended, use: ctctl delete FILTER`,
    );
  const { parseFilter } = await import('@conntrack/filter/hints');
  return given.map(({ text, where }) => {
    try {
      return parseFilter(text, { purpose: 'change' }).filter;
    } catch (error) {
      if (!(error instanceof FilterError)) throw error;
      throw new UsageError(`${where}: invalid filter\n${error.issues.map(({ snippet }) => snippet).join('\n')}`);
    }
  });
}
