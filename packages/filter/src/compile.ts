/**
 * Compiles a filter into one predicate over flows.
 *
 * @module
 */

export { addressRanges } from './compile/address-set.js';
export { type CompileOptions, compileFilter, type FlowPredicate } from './compile/compile-filter.js';
