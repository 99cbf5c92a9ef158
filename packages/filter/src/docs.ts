export { FIELD_DOCS, type FieldDoc } from './language/field-docs.js';
export { FILTER_ISSUE_CODES } from './parse/issue-codes.js';
