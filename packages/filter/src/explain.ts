/**
 * Explains a filter in English.
 *
 * @module
 */

export { type Explanation, explainFilter } from './explain/explain-filter.js';
