export { type CompileOptions, compileFilter, type FlowPredicate } from './compile/compile-filter.js';
