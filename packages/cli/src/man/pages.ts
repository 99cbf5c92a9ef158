import { program } from '../grammar/program.js';
import type { Context } from '../process/context.js';
import { programPage, verbPage } from './page.js';

/** All man pages by the names of their files. */
export function manPages(version: string): Map<string, string> {
  // Nothing is run, so the grammar uses neither streams nor environment.
  const root = program(undefined as unknown as Context, () => version, { code: 0 });
  return new Map([
    ['ctctl.1', programPage(root, version)],
    ...root.commands.map(command => [`ctctl-${command.name()}.1`, verbPage(command, version)] as const),
  ]);
}
