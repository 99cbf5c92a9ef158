import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import type { Io } from '../process/io.js';

/**
 * Asks a question on the terminal, and returns whether the answer is yes. The default, and the end of the input, is no.
 * Ctrl-C ends the program as usual.
 */
export async function confirmed(io: Io, question: string): Promise<boolean> {
  // The terminal does the line editing, so that Ctrl-C is a signal as usual.
  const lines = createInterface({ input: io.stdin, output: io.stderr, terminal: false });
  let answer: string | undefined;
  try {
    const ended = once(lines, 'close').then(() => undefined);
    answer = await Promise.race([lines.question(`${question} [y/N] `, { signal: io.signal }), ended]);
    return /^y(es)?$/i.test(answer?.trim() ?? '');
  } finally {
    lines.close();
    // Nobody pressed Enter: the next message must not continue the line of the question.
    if (answer === undefined && !io.signal.aborted) io.stderr.write('\n');
  }
}
