import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The path of a file in deploy/. */
export const fileOf = (path: string): string => fileURLToPath(new URL(`../../../../deploy/${path}`, import.meta.url));
/** The text of a file in deploy/. */
export const textOf = (path: string): string => readFileSync(fileOf(path), 'utf8');

/** Whether this machine has a command. */
export const has = (command: string): boolean => spawnSync('which', [command], { stdio: 'ignore' }).status === 0;

/** Runs a command. Returns its exit code and all its output. */
export function said(command: string, ...args: string[]): { code: number | null; text: string } {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  return { code: status, text: stdout + stderr };
}
