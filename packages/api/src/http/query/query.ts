import { type Filter, FilterError, type FilterIssue, type FilterLimits } from '@conntrack/filter';
import { parseQuery } from '@conntrack/filter/hints';
import { requireSource } from '@conntrack/filter/requirements';
import { faultsProblem } from '../problem/faults.js';
import { filterFaults } from '../problem/problem-of.js';
import type { Fault } from '../problem/problems.js';
import { type Parameters, type Values, values } from './parameters.js';
import { pairsOf, snippetOf } from './query-pairs.js';

/** Parses the query of a route without a filter. A parameter that is not in `table` is a fault. */
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

/** A filter and the other parameters of the query. */
export interface FilteredQuery<T extends Parameters> {
  filter: Filter;
  warnings: readonly FilterIssue[];
  values: Values<T>;
}

/**
 * Parses the query of a route with a filter: parameters that are not in `table` are filter fields.
 *
 * @throws Problem with the faults of both at once
 */
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
    // A field that entries never have would match nothing, and its negation everything. The table itself checks the
    // others.
    const index = purpose === 'read' && !events;
    requireSource(filter, { accounting: true, timestamps: true, index, rates: index, fleet: true, events });
    if (faults.length > 0) throw faultsProblem('parameter-invalid', faults);
    return { filter, warnings, values: found };
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    throw faultsProblem('filter-invalid', [...filterFaults(error), ...faults]);
  }
}
