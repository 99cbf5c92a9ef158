export { ADDRESS_CLASSES } from './language/address-classes.js';
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
export {
  FIELDS,
  type Field,
  type FieldName,
  type FieldType,
  fieldOf,
  findField,
  isWord,
  operatorsOf,
  type Requirement,
} from './language/field-table.js';
export { keyWordOf, type Operator, symbolOf } from './language/operators.js';
export { SERVICES } from './language/services.js';
export { STATE_GROUPS, STATE_NAMES } from './language/states.js';
export { FilterError, type FilterIssue, type FilterIssueCode } from './parse/issue.js';
export { isQuery, parseExpression, parseFilter } from './parse/parse-expression.js';
export { EXPRESSION_KEY, type ParsedQuery, parseQuery, type QueryOptions } from './parse/parse-query.js';
export { valueNames } from './parse/read-value.js';
export { DEFAULT_LIMITS, type FilterLimits, type ParsedFilter, type ParseOptions } from './parse/report.js';
export { printExpression, printQuery } from './print/print.js';
