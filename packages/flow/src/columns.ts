/**
 * The columns of a flow, as `fields=`, CSV and sort orders name them, and access to their values.
 *
 * @module
 */

export {
  COLUMNS,
  type Column,
  type ColumnKind,
  columnValue,
  findColumn,
  type Place,
  setAt,
  valueAt,
} from './flow/columns.js';
