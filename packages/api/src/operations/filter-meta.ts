import type { FilterIssue } from '@conntrack/filter';
import type { IndexMeta, LocalTable } from '@conntrack/table';

/** What an answer says about its filter, and about the table's index, if it has one. */
interface FilterMeta {
  filter: string;
  index?: IndexMeta;
  warnings?: readonly FilterIssue[];
}

/** What each answer to a filter says. @param filter in canonical form */
export function filterMeta(table: LocalTable, filter: string, warnings: readonly FilterIssue[]): FilterMeta {
  const meta: FilterMeta = { filter };
  const found = table.indexState();
  if (found !== undefined) {
    const { state, asOf, gaps } = found;
    meta.index = { state, ...(asOf !== undefined && { asOf }), gaps };
  }
  if (warnings.length > 0) meta.warnings = warnings;
  return meta;
}
