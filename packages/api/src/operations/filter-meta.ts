import type { FilterIssue } from '@conntrack/filter';
import type { FleetMeta, IndexMeta, LocalTable } from '@conntrack/table';

/** What an answer says about its filter, about the table's index, if it has one, and about the nodes of a fleet. */
interface FilterMeta {
  filter: string;
  index?: IndexMeta;
  fleet?: FleetMeta;
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
  const fleet = table.fleetMeta?.();
  if (fleet !== undefined) meta.fleet = fleet;
  if (warnings.length > 0) meta.warnings = warnings;
  return meta;
}
