import { setTimeout as wait } from 'node:timers/promises';
import type { Context } from '../process/context.js';
import type { Io } from '../process/io.js';
import type { DisplayOptions } from './options.js';
import { type Terminal, terminalOf } from './terminal.js';

const ENTER = '\u001b[?1049h\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';

/** Runs a function on the terminal's second screen without a cursor, and restores the terminal however it ends. */
async function inScreen<T>({ stdout }: Pick<Io, 'stdout'>, use: () => Promise<T>): Promise<T> {
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

/**
 * Draws a text on the whole terminal every few seconds, until the program is interrupted. It overwrites the last one
 * line by line, so that nothing flickers.
 */
export function redrawn(
  { io, output }: Context,
  { seconds, ...options }: DisplayOptions & { readonly seconds: number },
  draw: (terminal: Terminal) => Promise<string>,
): Promise<never> {
  return inScreen(io, async () => {
    for (;;) {
      const terminal = terminalOf(io, options);
      const body = await draw(terminal);
      const time = new Date().toTimeString().slice(0, 8);
      const text = `${terminal.colors.dim(`${time}, every ${seconds} s. Ctrl-C ends`)}\n${body}`;
      await output.write(`\u001b[H${text.replaceAll('\n', '\u001b[K\n')}\u001b[J`);
      await wait(seconds * 1000, undefined, { signal: io.signal });
    }
  });
}
