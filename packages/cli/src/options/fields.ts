import { findField } from '@conntrack/filter';
import { COLUMNS, type Column } from '@conntrack/flow/columns';
import { columnOf } from '@conntrack/table';
import { UsageError } from '../process/usage-error.js';

/** Parses `--fields src,dport,state`. @throws UsageError */
export function fieldList(text: string): readonly Column[] {
  return text.split(',').map(name => {
    const column = columnOf(name.trim());
    if (column === undefined)
      throw new UsageError(`--fields: unknown field '${name}'. Fields: ${COLUMNS.map(({ name }) => name).join(', ')}`);
    return column;
  });
}

/** The names of columns in the filter language. Some columns are not fields. */
export const fieldNames = (columns: readonly Column[]): string[] =>
  columns.flatMap(({ name }) => findField(name)?.name ?? []);
