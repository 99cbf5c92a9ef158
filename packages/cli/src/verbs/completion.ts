import { SCRIPTS } from '../completion/scripts.js';
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
