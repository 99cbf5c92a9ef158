import type { IndexMeta, LocalTable } from '@conntrack/table';

/** What an answer says about the table's index, if it has one. */
export function indexMeta(table: LocalTable): { index?: IndexMeta } {
  const found = table.indexState();
  if (found === undefined) return {};
  const { state, asOf, gaps } = found;
  return { index: { state, ...(asOf !== undefined && { asOf }), gaps } };
}
