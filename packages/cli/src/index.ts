export { EXIT } from './exit-codes.js';
export { Interrupted, type Io } from './io.js';
export { run } from './run.js';
