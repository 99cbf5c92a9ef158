/**
 * Completion of filters, for shells and search boxes.
 *
 * @module
 */

export { type CompleteOptions, type Completion, type Completions, complete } from './complete/complete.js';
