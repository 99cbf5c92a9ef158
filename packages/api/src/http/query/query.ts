import { type Filter, FilterError, type FilterIssue, type FilterLimits } from '@conntrack/filter';
import { parseQuery } from '@conntrack/filter/hints';
import { requireSource } from '@conntrack/filter/requirements';
import { faultsProblem } from '../problem/faults.js';
import { filterFaults } from '../problem/problem-of.js';
import type { Fault } from '../problem/problems.js';
import { type Parameters, type Values, values } from './parameters.js';
import { pairsOf, snippetOf } from './query-pairs.js';

/** The query of a route without a filter: each parameter is one of `table`'s, or a fault. */
export function readParameters<T extends Parameters>(raw: string, table: T): Values<T> {
  const faults: Fault[] = [];
  const pairs = pairsOf(raw);
  for (const { name, offset, nameLength } of pairs)
    if (!Object.hasOwn(table, name))
      faults.push({
        code: 'unknown',
        message: `unknown parameter '${name}'`,
        parameter: name,
        offset,
        length: nameLength,
        expected: Object.keys(table),
        snippet: snippetOf(raw, offset, nameLength, `unknown parameter '${name}'`),
      });
  const found = values(raw, pairs, table, faults);
  if (faults.length > 0) throw faultsProblem('parameter-invalid', faults);
  return found;
}

/** A filter and the parameters beside it. */
export interface FilteredQuery<T extends Parameters> {
  filter: Filter;
  warnings: readonly FilterIssue[];
  values: Values<T>;
}

/** The query of a route with a filter: what is none of `table`'s parameters is a field. The faults of both come at once. */
export function readFiltered<T extends Parameters>(
  raw: string,
  table: T,
  purpose: 'read' | 'change',
  limits?: FilterLimits,
  { events = false }: { events?: boolean } = {},
): FilteredQuery<T> {
  const faults: Fault[] = [];
  const found = values(raw, pairsOf(raw), table, faults);
  try {
    const { filter, warnings } = parseQuery(raw, { params: Object.keys(table), purpose, ...(limits && { limits }) });
    // What an entry never has would match nothing, and its negation everything. Counters and times are for the table to judge.
    requireSource(filter, { accounting: true, timestamps: true, events });
    if (faults.length > 0) throw faultsProblem('parameter-invalid', faults);
    return { filter, warnings, values: found };
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    throw faultsProblem('filter-invalid', [...filterFaults(error), ...faults]);
  }
}
