export { FIELD_DOCS, type FieldDoc } from './field-docs.js';
export { FILTER_ISSUE_CODES } from './issue-codes.js';
