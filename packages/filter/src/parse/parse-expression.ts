import { checkKeys } from '@conntrack/flow/checks';
import { ALL } from '../language/ast.js';
import type { FieldName } from '../language/field-table.js';
import { checkConflicts } from './conflicts.js';
import { parseQuery } from './parse-query.js';
import { parseTerms } from './parse-terms.js';
import { PARSE, type ParsedFilter, type ParseOptions, reportOn } from './report.js';

/**
 * Reads an expression. `not` binds tighter than `and`, `and` tighter than `or`; terms side by side are ANDed. An empty text is a
 * fault, lest an unset shell variable means every flow; `all` says it.
 *
 * @throws {FilterError} with every fault that the text has
 * @throws OptionsError for an option that does not exist
 * @example
 * ```ts
 * import { parseExpression } from '@conntrack/filter';
 * const { filter } = parseExpression('proto == tcp and dst in 10.0.0.0/8 and not dport in {80, 443}');
 * ```
 */
export function parseExpression<Name extends string = FieldName>(
  text: string,
  options: ParseOptions<Name> = {},
): ParsedFilter<Name> {
  checkKeys('parseExpression', options, PARSE);
  const report = reportOn(text, options);
  const filter = report.attempt(() => parseTerms(text, 0, report)) ?? ALL;
  checkConflicts(filter, report);
  return { filter: filter as ParsedFilter<Name>['filter'], warnings: report.finish() };
}

/**
 * Whether a text is a query string rather than an expression: it has a pair `filter=`, or no white space or parentheses outside of strings
 * and a single `=` or a single `&`. Where both readings are possible (`bytes>=1M`, `unreplied`) they mean the same.
 */
export function isQuery(text: string): boolean {
  if (/^(?:[^\s"]*&)?filter=(?!=)/.test(text)) return true;
  const bare = text.replace(/"(?:[^"\\]|\\.)*"?/g, '""').trim();
  if (/[\s(){}]|==|&&|\|\|/.test(bare)) return false;
  return /(^|[^=!<>])=|&/.test(bare);
}

/** Reads a text that is either spelling, as on a command line. Faults and options as for the one that it is. */
export function parseFilter<Name extends string = FieldName>(
  text: string,
  options: ParseOptions<Name> = {},
): ParsedFilter<Name> {
  checkKeys('parseFilter', options, PARSE);
  if (!isQuery(text)) return parseExpression(text, options);
  const { filter, warnings } = parseQuery(text, options);
  return { filter, warnings };
}
