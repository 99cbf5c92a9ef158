import type { Context } from '../process/context.js';
import { FILES } from './scripts.js';
import { candidates } from './words.js';

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
