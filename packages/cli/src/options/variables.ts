import type { Command, Option } from 'commander';
import { variableFor } from '../serve/settings.js';

/** An option's long name without dashes. */
export const longName = ({ long }: Option): string => long!.slice(2);

/** Gives a verb's options the values of their variables (`CTCTL_SOURCE` for `--source`), where the command line has none. */
export function applyVariables(command: Command, env: Readonly<Record<string, string | undefined>>): void {
  for (const option of command.options) {
    const name = option.attributeName();
    const value = env[variableFor(longName(option)) ?? ''];
    if (value && command.getOptionValueSource(name) !== 'cli') command.setOptionValueWithSource(name, value, 'env');
  }
}
