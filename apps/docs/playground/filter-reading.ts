// What the playground says about a filter as it is typed.
import { FilterError, type FilterIssue, isQuery } from '@conntrack/filter';
import { compileFilter, type FlowPredicate } from '@conntrack/filter/compile';
import { type Explanation, explainFilter } from '@conntrack/filter/explain';
import { parseFilter } from '@conntrack/filter/hints';

/** The result of parsing a filter's text: either its meaning, or every fault in it. */
export interface FilterReading {
  /** The syntax that the text was parsed as. */
  syntax: 'query' | 'expression';
  /** Absent when there is a fault. */
  matches?: FlowPredicate;
  /** Absent when there is a fault. */
  explanation?: Explanation;
  faults: readonly FilterIssue[];
  warnings: readonly FilterIssue[];
}

/** Parses a filter in either syntax. An empty text matches every flow. Never throws for a text. */
export function readFilter(text: string): FilterReading {
  const blank = text.trim() === '';
  const syntax = isQuery(text) ? 'query' : 'expression';
  try {
    const { filter, warnings } = parseFilter(blank ? 'all' : text);
    return { syntax, matches: compileFilter(filter), explanation: explainFilter(filter), faults: [], warnings };
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    return { syntax, faults: error.issues, warnings: [] };
  }
}
