import type { Command, Option } from 'commander';
import { variableFor, variableNamed } from '../serve/settings.js';

/** The long name of an option, without dashes. */
export const longName = ({ long }: Option): string => long!.slice(2);

/**
 * Sets a verb's options from environment variables (`CTCTL_SOURCE` for `--source`), unless the command line has them.
 */
export function applyVariables(command: Command, env: Readonly<Record<string, string | undefined>>): void {
  for (const option of command.options) {
    const name = option.attributeName();
    const long = longName(option);
    const value = env[variableNamed(long)];
    if (!value || variableFor(long) === undefined) continue;
    // A server on the command line replaces the local source of the environment.
    if (name === 'source' && (command.getOptionValue('server') ?? command.getOptionValue('context'))) continue;
    if (command.getOptionValueSource(name) !== 'cli') command.setOptionValueWithSource(name, value, 'env');
  }
}
