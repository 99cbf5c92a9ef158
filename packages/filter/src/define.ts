/**
 * The filter language for your own records.
 *
 * @module
 */

export { defineFields, type RecordField, type RecordFields } from './define/define-fields.js';
