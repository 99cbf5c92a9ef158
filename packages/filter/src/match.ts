/**
 * Filters over flow objects.
 *
 * @module
 */

export { flowMatcher } from './compile/flow-matcher.js';
