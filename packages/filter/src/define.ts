export { defineFields, type RecordField, type RecordFields } from './define/define-fields.js';
