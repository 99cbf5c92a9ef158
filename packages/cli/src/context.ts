import type { Io } from './io.js';
import type { Output } from './output/output.js';

/** What a command works with: the process, and its standard output with back-pressure. */
export interface Context {
  readonly io: Io;
  readonly output: Output;
}
