import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The path of a file in deploy/. */
export const fileOf = (path: string): string => fileURLToPath(new URL(`../../../../deploy/${path}`, import.meta.url));
/** Its text. */
export const textOf = (path: string): string => readFileSync(fileOf(path), 'utf8');

/** Whether a command is on this machine. */
export const has = (command: string): boolean => spawnSync('which', [command], { stdio: 'ignore' }).status === 0;

/** Runs a command; its exit code, and all that it said. */
export function said(command: string, ...args: string[]): { code: number | null; text: string } {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  return { code: status, text: stdout + stderr };
}
