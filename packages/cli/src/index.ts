/**
 * The program `ctctl` as a function, for programs that embed it.
 *
 * @module
 */
export { EXIT } from './process/exit-codes.js';
export { Interrupted, type Io } from './process/io.js';
export { run } from './run.js';
