import { FILES, SCRIPTS } from '../completion/scripts.js';
import { candidates } from '../completion/words.js';
import type { Context } from '../process/context.js';
import { EXIT } from '../process/exit-codes.js';
import { UsageError } from '../process/usage-error.js';

/** Runs `ctctl completion SHELL`. */
export async function completion({ output }: Context, shell: string): Promise<number> {
  if (!Object.hasOwn(SCRIPTS, shell))
    throw new UsageError(`completion: unknown shell '${shell}'. Shells: ${Object.keys(SCRIPTS).join(', ')}`);
  await output.write(SCRIPTS[shell]!);
  return EXIT.ok;
}

/** Runs `ctctl __complete WORD…`, which the completion scripts call: prints what can stand for the last word. */
export async function answer(context: Context, words: readonly string[]): Promise<void> {
  const found = await candidates(context, words);
  const current = words.at(-1) ?? '';
  const lines =
    found === 'files'
      ? [FILES]
      : found
          .filter(({ text }) => text.startsWith(current))
          .map(({ text, detail }) => (detail ? `${text}\t${detail}` : text));
  await context.output.write(lines.map(line => `${line}\n`).join(''));
}
