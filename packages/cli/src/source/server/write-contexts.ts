import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { stringify } from 'yaml';
import { writeAtomically } from '../../files/atomic-file.js';
import type { Io } from '../../process/io.js';
import { type Contexts, contextsFile } from './contexts.js';

/** The text of the file with the contexts. */
export const contextsText = ({ current, contexts }: Contexts): string =>
  stringify({ currentContext: current, contexts: Object.fromEntries(contexts) });

/** Writes the contexts: the whole file or nothing, readable by its owner only. */
export async function writeContexts({ env, signal }: Pick<Io, 'env' | 'signal'>, contexts: Contexts): Promise<void> {
  const file = contextsFile(env);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  await writeAtomically(file, [contextsText(contexts)], { signal });
}
