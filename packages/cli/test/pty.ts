import { spawnSync } from 'node:child_process';
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
