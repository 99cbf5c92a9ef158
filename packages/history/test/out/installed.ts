import { spawnSync } from 'node:child_process';

/** Why tests that need a program are skipped; `undefined` if it is installed. */
export const notInstalled = (program: string): string | undefined =>
  spawnSync('sh', ['-c', 'command -v "$0"', program]).status === 0 ? undefined : `${program} is not installed`;
