/**
 * Compiles a filter into one predicate over flows.
 *
 * @module
 */

export { type CompileOptions, compileFilter, type FlowPredicate } from './compile/compile-filter.js';
export { addressRanges } from './compile/address-set.js';
