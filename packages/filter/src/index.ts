export { ADDRESS_CLASSES } from './address-value.js';
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
} from './ast.js';
export { isQuery, parseExpression, parseFilter } from './expression.js';
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
} from './fields.js';
export { FilterError, type FilterIssue, type FilterIssueCode } from './issue.js';
export { keyWordOf, type Operator, symbolOf } from './operator.js';
export { printExpression, printQuery } from './print.js';
export { EXPRESSION_KEY, type ParsedQuery, parseQuery, type QueryOptions } from './query.js';
export { DEFAULT_LIMITS, type FilterLimits, type ParsedFilter, type ParseOptions } from './report.js';
export { SERVICES } from './services.js';
export { STATE_GROUPS, STATE_NAMES } from './states.js';
export { valueNames } from './value.js';
