import { ALL, allOf, anyOf, type Filter, negate } from '../language/ast.js';
import { type Token, WORD } from './lexer.js';
import { parseTest } from './parse-test.js';
import type { Report } from './report.js';
import { TokenReader } from './token-reader.js';

/** Parses terms joined by `or` and, tighter, by `and` or nothing, up to the end or to the parenthesis that closes them. */
function joined(tokens: TokenReader, depth: number): Filter {
  const { report } = tokens;
  const alternatives: Filter[][] = [[]];
  let mixed: Token | undefined;
  let due = true;
  while (!tokens.ended && (depth === 0 || !tokens.is(')'))) {
    const here = tokens.next;
    if (tokens.is('and', 'or')) {
      if (due) tokens.missing('predicate', here);
      due = true;
      if (tokens.take().word === 'or') alternatives.push([]);
      else mixed ??= here;
    } else if (tokens.is(')')) report.fault('unbalanced', tokens.take(), "this ')' has no matching '('");
    else {
      if (!due) mixed ??= here;
      due = false;
      const term = report.attempt(() => unary(tokens, depth));
      if (term !== undefined) alternatives.at(-1)!.push(term);
    }
  }
  if (due) tokens.missing('predicate', tokens.next);
  if (mixed !== undefined && alternatives.length > 1)
    report.warn('mixed-and-or', mixed, "'and' binds tighter than 'or'. Use parentheses to make the order clear");
  return anyOf(alternatives.map(allOf));
}

/** Parses one term: a test, a negated term, or terms in parentheses. */
function unary(tokens: TokenReader, depth: number): Filter {
  const { report } = tokens;
  const here = tokens.take();
  const { text, word } = here;
  const not = word === 'not';
  if (not || word === '(') {
    const { depth: most } = report.limits;
    if (depth === most) report.stop('too-deep', here, `parentheses and 'not' can nest at most ${most} deep`);
    if (not) {
      if (!tokens.ended && !tokens.is(')', 'and', 'or')) return negate(unary(tokens, depth + 1));
      tokens.missing('predicate', tokens.next);
      return ALL;
    }
    const filter = joined(tokens, depth + 1);
    if (tokens.is(')')) tokens.take();
    else report.fault('unbalanced', here, "this '(' is never closed");
    return filter;
  }
  if (here.kind === WORD) return parseTest(tokens, here);
  return report.fail('unexpected', here, `unexpected '${text}'`, text === '|' || text === '&' ? [text + text] : []);
}

/**
 * Parses the expression that fills a text from `from` to its end. Recursive descent with recovery: after a fault, the text that belongs to
 * it is skipped and parsing continues. The result has no meaning if there were faults.
 */
export function parseTerms(source: string, from: number, report: Report): Filter {
  const tokens = new TokenReader(source, from, report);
  if (!tokens.ended) return joined(tokens, 0);
  const place = { start: from, end: source.length };
  return report.fail('empty-filter', place, "the filter is empty. Use 'all' to match everything");
}
