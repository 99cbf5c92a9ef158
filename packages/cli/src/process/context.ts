import type { Output } from '../output/output.js';
import type { Io } from './io.js';

/** What a command works with: the process, and its standard output with back-pressure. */
export interface Context {
  readonly io: Io;
  readonly output: Output;
}
