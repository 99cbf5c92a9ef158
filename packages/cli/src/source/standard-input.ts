import { closeSync, createWriteStream, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Io } from '../process/io.js';

/** A capture from standard input, as a source that can be read several times. */
export interface InputSource {
  readonly source: string;
  close(): void;
}

/**
 * Makes a file of standard input, for a source `file:-` or `memory:-`. A capture is read several times: first to see what it records,
 * for example. The file has no name and disappears with the process.
 */
export async function inputSource(
  { stdin, signal }: Pick<Io, 'stdin' | 'signal'>,
  source: string,
): Promise<InputSource> {
  const folder = mkdtempSync(join(tmpdir(), 'ctctl-'));
  const path = join(folder, 'input');
  const fd = openSync(path, 'wx+', 0o600);
  try {
    rmSync(folder, { recursive: true });
    await pipeline(stdin, createWriteStream('', { fd, autoClose: false }), { signal });
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  return { source: `${source.slice(0, -1)}/proc/self/fd/${fd}`, close: () => closeSync(fd) };
}
