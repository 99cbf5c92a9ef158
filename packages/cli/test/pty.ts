import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** The built program. */
export const BINARY = fileURLToPath(new URL('../dist/ctctl.cjs', import.meta.url));

/** Quotes a word for the shell. */
export const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

/** Runs the built program on a terminal of its own, and returns what the terminal received. */
export function onTerminal(
  argv: readonly string[],
  { columns = 100, rows = 30, env = {} }: { columns?: number; rows?: number; env?: Record<string, string> } = {},
): { code: number | null; text: string } {
  const command = ['node', BINARY, ...argv].map(quoted).join(' ');
  const { status, stdout } = spawnSync(
    'script',
    ['-qec', `stty cols ${columns} rows ${rows}; ${command}`, '/dev/null'],
    {
      encoding: 'utf8',
      env: { PATH: process.env.PATH, HOME: '/nonexistent', TERM: 'xterm', LANG: 'C.UTF-8', ...env },
    },
  );
  return { code: status, text: stdout.replaceAll('\r\n', '\n') };
}

/** The built program on a terminal of its own, with a person who types. */
export class Typist {
  text = '';
  readonly ended: Promise<{ code: number | null; text: string }>;
  readonly #child: ChildProcessWithoutNullStreams;

  constructor(
    argv: readonly string[],
    { columns = 80, env = {} }: { columns?: number; env?: Record<string, string> } = {},
  ) {
    const command = ['node', BINARY, ...argv].map(quoted).join(' ');
    this.#child = spawn('script', ['-qec', `stty cols ${columns} rows 24; ${command}`, '/dev/null'], {
      env: { PATH: process.env.PATH, HOME: '/nonexistent', TERM: 'xterm', LANG: 'C.UTF-8', ...env },
    });
    this.#child.stdout.on('data', chunk => {
      this.text += String(chunk).replaceAll('\r\n', '\n');
    });
    this.ended = once(this.#child, 'close').then(([code]) => ({ code: code as number | null, text: this.text }));
  }

  /** Waits until the terminal has received this text, or the program has ended. */
  async sees(text: string | RegExp): Promise<void> {
    const seen = (): boolean => (typeof text === 'string' ? this.text.includes(text) : text.test(this.text));
    while (!seen() && this.#child.exitCode === null) await Promise.race([once(this.#child.stdout, 'data'), this.ended]);
  }

  type(keys: string): void {
    this.#child.stdin.write(keys);
  }
}
