import { readFileSync } from 'node:fs';
import { ConfigError } from './config-error.js';

/** The content of a file that a setting names. @throws ConfigError */
export function pem(file: string, setting: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new ConfigError(
      [{ where: file, setting, message: `cannot read this file (${(error as NodeJS.ErrnoException).code})` }],
      error,
    );
  }
}
