import { once } from 'node:events';
import { createWriteStream, existsSync, promises } from 'node:fs';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { UsageError } from '../process/usage-error.js';

/** How a file is written. */
interface WriteOptions {
  readonly signal: AbortSignal;
  /** What to do if the path is not a regular file. */
  readonly instead?: string;
}

/** The file that a path stands for, through symbolic links. @throws UsageError for anything but a file: a rename would replace a device */
async function targetOf(path: string, instead: string): Promise<string> {
  const target = await promises.realpath(path).catch(() => path);
  const found = await promises.stat(target).catch(() => undefined);
  if (found !== undefined && !found.isFile()) throw new UsageError(`${path} is not a regular file. ${instead}`);
  return target;
}

/**
 * Writes a file: completely, or not at all. Only its owner can read it. With a name that ends with `.gz` it is
 * compressed.
 */
export async function writeAtomically(
  path: string,
  text: AsyncIterable<string> | readonly string[],
  { signal, instead = 'Name another file' }: WriteOptions,
): Promise<void> {
  const target = await targetOf(path, instead);
  const unfinished = `${target}.${process.pid}.unfinished`;
  const file = createWriteStream(unfinished, { flags: 'wx', mode: 0o600, flush: true });
  try {
    // An error of the file is reported before anything is read.
    await once(file, 'open');
    if (path.endsWith('.gz')) await pipeline(text, createGzip(), file, { signal });
    else await pipeline(text, file, { signal });
    await promises.rename(unfinished, target);
  } catch (error) {
    file.destroy();
    await promises.rm(unfinished, { force: true });
    signal.throwIfAborted();
    const { path: failed, message } = error as NodeJS.ErrnoException;
    if (failed !== unfinished) throw error;
    const folder = dirname(target);
    const why = existsSync(folder) ? message : `the folder ${folder} does not exist`;
    throw new UsageError(`cannot write ${path}: ${why}`);
  }
}
