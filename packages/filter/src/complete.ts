export { type CompleteOptions, type Completion, type Completions, complete } from './complete/complete.js';
