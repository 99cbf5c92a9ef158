import { checkKeys } from '@conntrack/flow/checks';
import { ALL } from '../language/ast.js';
import type { FieldName } from '../language/field-table.js';
import { checkConflicts } from './conflicts.js';
import { parseQuery } from './parse-query.js';
import { parseTerms } from './parse-terms.js';
import { PARSE, type ParsedFilter, type ParseOptions, reportOn } from './report.js';

/**
 * Parses an expression. `not` binds tighter than `and`, and `and` tighter than `or`; terms side by side are ANDed.
 *
 * An empty text is a fault, so that an unset shell variable does not select every flow. Write `all` to select every flow.
 *
 * @throws {FilterError} with every fault in the text
 *
 * @throws OptionsError for an unknown option
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
 * Whether a text is a query string and not an expression: it has a pair `filter=`, or it has a single `=` or `&` and no white space or
 * parentheses outside of strings. Texts that are valid as both (`bytes>=1M`, `unreplied`) have the same meaning as both.
 */
export function isQuery(text: string): boolean {
  if (/^(?:[^\s"]*&)?filter=(?!=)/.test(text)) return true;
  const bare = text.replace(/"(?:[^"\\]|\\.)*"?/g, '""').trim();
  if (/[\s(){}]|==|&&|\|\|/.test(bare)) return false;
  return /(^|[^=!<>])=|&/.test(bare);
}

/**
 * Parses a text that is either a query string or an expression, as on a command line. Faults and options are those of {@link parseQuery} or
 * {@link parseExpression}.
 */
export function parseFilter<Name extends string = FieldName>(
  text: string,
  options: ParseOptions<Name> = {},
): ParsedFilter<Name> {
  checkKeys('parseFilter', options, PARSE);
  if (!isQuery(text)) return parseExpression(text, options);
  const { filter, warnings } = parseQuery(text, options);
  return { filter, warnings };
}
