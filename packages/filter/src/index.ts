/**
 * The filter language: parsers for query strings (`proto=tcp&dport=80,443`) and expressions (`proto == tcp and dport in {80, 443}`), and
 * the filter as a tree.
 *
 * @module
 */

export {
  type AddressClass,
  type AddressValue,
  ALL,
  allOf,
  anyOf,
  type Filter,
  fieldsOf,
  negate,
  normalize,
  type ProtocolState,
  type Test,
  testsOf,
  type Value,
} from './language/ast.js';
export { type Field, type FieldTable, type FieldType, operatorsOf, type Requirement } from './language/field.js';
export type { FieldEvents } from './language/field-events.js';
export {
  FIELDS,
  type FieldName,
  type FlowField,
  type FlowFieldFacts,
  findField,
  type KernelPlace,
  type KernelTuplePart,
} from './language/field-table.js';
export { keyWordOf, type Operator } from './language/operators.js';
export type { FieldReader, NumberReader } from './language/readers.js';
export { FilterError, type FilterIssue, type FilterIssueCode } from './parse/issue.js';
export { isQuery, parseExpression, parseFilter } from './parse/parse-expression.js';
export { EXPRESSION_KEY, type ParsedQuery, parseQuery, type QueryOptions } from './parse/parse-query.js';
export type { FilterLimits, ParsedFilter, ParseOptions } from './parse/report.js';
