import { ConfigError, type ConfigFault } from './config-error.js';

/** Runs all tasks, and throws the faults of all of them at once. @throws ConfigError */
export function gather<T>(tasks: readonly (() => T)[]): T[] {
  const faults: ConfigFault[] = [];
  const results: T[] = [];
  for (const task of tasks)
    try {
      results.push(task());
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      faults.push(...error.faults);
    }
  if (faults.length > 0) throw new ConfigError(faults);
  return results;
}
