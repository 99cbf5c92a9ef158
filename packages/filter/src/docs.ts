/**
 * The documentation of every filter field and of every code of a fault.
 *
 * @module
 */

export { FIELD_DOCS, type FieldDoc } from './language/field-docs.js';
export { FILTER_ISSUE_CODES } from './parse/issue-codes.js';
