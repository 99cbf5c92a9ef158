export { LabError } from './error.js';
export { Namespace, type RunOptions, type RunResult } from './namespace.js';
export type { TrackingOptions } from './ruleset.js';
