import { type Flow, FlowObjectCursor } from '@conntrack/flow';
import type { Filter } from '../language/ast.js';
import { type CompileOptions, compileFilter } from './compile-filter.js';

/**
 * Compiles a filter into a function over flow objects, for arrays and streams of flows. {@link compileFilter} makes the predicate over
 * cursors that it uses.
 *
 * @throws OptionsError for an unknown option
 * @example
 * ```ts
 * import { parseQuery } from '@conntrack/filter';
 * import { flowMatcher } from '@conntrack/filter/match';
 * import type { Flow } from '@conntrack/flow';
 * declare const flows: Flow[];
 * const web = flows.filter(flowMatcher(parseQuery('proto=tcp&dport=80,443').filter));
 * ```
 */
export function flowMatcher(filter: Filter, options: CompileOptions = {}): (flow: Flow) => boolean {
  const passes = compileFilter(filter, options);
  const cursor = new FlowObjectCursor();
  return flow => passes(cursor.move(flow));
}
