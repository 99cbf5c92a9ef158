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
