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
