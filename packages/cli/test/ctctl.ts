import { PassThrough, Writable } from 'node:stream';
import { type Io, run } from '../src/index.js';

/** The result of a run of the program. */
export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

function collector(): { stream: Writable; text: () => string } {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, callback) {
      chunks.push(chunk);
      callback();
    },
  });
  return { stream, text: () => Buffer.concat(chunks).toString() };
}

/** Input for a question: Ctrl-D, the end of the input. */
export const END = '\u0004';

/**
 * Runs `ctctl` in this process, with its words and what a terminal would type. With `terminal`, standard error is a
 * terminal.
 */
export async function ctctl(
  argv: readonly string[],
  { terminal, ...more }: Partial<Io> & { answer?: string; terminal?: boolean } = {},
): Promise<Ran> {
  const [stdout, stderr] = [collector(), collector()];
  if (terminal) Object.assign(stderr.stream, { isTTY: true });
  const stdin = new PassThrough();
  if (more.answer === END) stdin.end();
  else if (more.answer !== undefined) stdin.write(more.answer);
  const code = await run(argv, {
    stdin,
    stdout: stdout.stream,
    stderr: stderr.stream,
    env: {},
    signal: new AbortController().signal,
    interactive: more.answer !== undefined,
    ...more,
  });
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}
