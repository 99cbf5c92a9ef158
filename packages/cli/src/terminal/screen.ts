import type { Io } from '../process/io.js';

const ENTER = '\u001b[?1049h\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';

/** Runs a function on the terminal's second screen without a cursor, and restores the terminal however it ends. */
export async function inScreen<T>({ stdout }: Pick<Io, 'stdout'>, use: () => Promise<T>): Promise<T> {
  const restore = (): void => void stdout.write(LEAVE);
  // A second signal ends the process at once.
  process.once('exit', restore);
  stdout.write(ENTER);
  try {
    return await use();
  } finally {
    process.off('exit', restore);
    restore();
  }
}
