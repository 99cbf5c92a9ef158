export { type CompileOptions, compileFilter, type FlowPredicate } from './compile/compile-filter.js';
export { FIELD_READERS, type FieldReader, type NumberReader } from './language/field-readers.js';
