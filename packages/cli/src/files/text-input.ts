import { createReadStream, promises } from 'node:fs';
import type { Io } from '../process/io.js';
import { UsageError } from '../process/usage-error.js';
import { isTerminal } from '../terminal/streams.js';

/** Text that is read once, and how far it was read. */
export interface TextInput {
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Size in bytes. `undefined` for a pipe. */
  readonly size: number | undefined;
  /** Number of bytes read so far. */
  done(): number;
}

const why = (error: unknown): string => {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' ? 'no such file' : code === 'EACCES' ? 'permission denied' : message;
};

async function sizeOf(file: string): Promise<number | undefined> {
  try {
    const found = await promises.stat(file);
    if (found.isDirectory()) throw new UsageError(`${file} is a folder. Name a file`);
    await promises.access(file, promises.constants.R_OK);
    return found.isFile() ? found.size : undefined;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`cannot read ${file}: ${why(error)}`);
  }
}

/**
 * Opens a file, or standard input for `-` and without a file.
 *
 * @throws UsageError for a file that cannot be read, and for a terminal as standard input: nobody types a capture
 */
export async function textInput(io: Io, verb: string, file: string | undefined): Promise<TextInput> {
  if (file === undefined && isTerminal(io.stdin))
    throw new UsageError(`a file is missing: ctctl ${verb} FILE, or '-' for standard input`);
  const own = file === undefined || file === '-';
  const size = own ? undefined : await sizeOf(file);
  let done = 0;
  async function* chunks(): AsyncGenerator<Uint8Array> {
    const stream = own ? io.stdin : createReadStream(file!, { highWaterMark: 256 * 1024 });
    for await (const chunk of stream) {
      io.signal.throwIfAborted();
      done += chunk.length;
      yield chunk;
    }
  }
  return { chunks: chunks(), size, done: () => done };
}
