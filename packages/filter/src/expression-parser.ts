import { ADDRESS_CLASSES, findClass } from './address-value.js';
import { ALL, allOf, anyOf, type Filter, negate, type Value } from './ast.js';
import { FIELDS, type Field, fieldNames, findField, isWord } from './fields.js';
import type { FilterIssueCode } from './issue.js';
import { END, SIGN, STRING, type Token, tokenize, WORD } from './lexer.js';
import type { Report, Suggestions } from './report.js';
import { COMPARISONS } from './signs.js';
import { nearest, orList } from './suggest.js';
import { checkOperator, type Draft, makeTest, parseValues, symbolsOf } from './test-node.js';
import { maskedValue, parseMask, takesMask } from './value.js';

/**
 * The filter of an expression that fills a text from a place on; `undefined` with the faults reported. Recursive descent with
 * recovery: a fault is noted, what belongs to it is passed over, and reading goes on.
 */
export function parseTerms(source: string, from: number, report: Report): Filter | undefined {
  const tokens = tokenize(source, from, report);
  let at = 0;
  /** The next token; at the end, the end again and again. */
  let token = tokens[0]!;
  let depth = 0;
  let abandoned = false;

  const take = (): Token => {
    const taken = token;
    if (taken.kind !== END) token = tokens[++at]!;
    return taken;
  };
  const atEnd = (): boolean => token.kind === END;
  /** Whether the next token is a sign or word. */
  const is = (word: string): boolean => token.word === word;
  /** The token after the next. */
  const after = (): Token => tokens[at + 1] ?? token;
  /** Where what was taken last ends. */
  const taken = (): number => tokens[at - 1]!.end;
  const fail = (
    code: FilterIssueCode,
    { start, end }: { start: number; end: number },
    message: string,
    suggestions?: Suggestions,
    expected?: readonly string[],
  ): undefined => report.fail(code, start, end, message, suggestions, expected);

  /** Whether nothing more of a term can follow. */
  const ends = (): boolean => atEnd() || is(')') || is('or');
  const expectedPredicate = (before: Token): undefined =>
    fail(
      'expected-predicate',
      before,
      `expected a predicate such as 'proto == tcp' before ${before.kind === END ? 'the end' : `'${before.text}'`}`,
    );

  /** Terms that stand side by side or with `and`; gives where two of them meet. */
  function and(alternatives: Filter[]): Token | undefined {
    const terms: Filter[] = [];
    let joint: Token | undefined;
    for (let count = 0; !ends(); ) {
      const here = token;
      if (here.word === 'and') {
        take();
        if (count === 0 || ends() || is('and')) expectedPredicate(count === 0 ? here : token);
        if (count > 0) joint ??= here;
        continue;
      }
      const filter = unary();
      if (count++ > 0) joint ??= here;
      if (filter !== undefined) terms.push(filter);
    }
    if (terms.length > 0) alternatives.push(allOf(terms));
    return joint;
  }

  function or(): Filter | undefined {
    const terms: Filter[] = [];
    let mixed: Token | undefined;
    for (let more = false; ; more = true) {
      const before = at;
      const joint = and(terms);
      if (before === at) expectedPredicate(token);
      mixed ??= joint;
      if (is('or')) take();
      else {
        if (more && mixed !== undefined)
          report.warn(
            'mixed-and-or',
            mixed.start,
            mixed.end,
            "'and' binds tighter than 'or'; parentheses would say which is meant",
          );
        return terms.length === 0 ? undefined : anyOf(terms);
      }
    }
  }

  function unary(): Filter | undefined {
    const here = token;
    const { text, word } = here;
    const not = word === 'not';
    if (not || word === '(') {
      const most = report.limits.depth;
      if (depth >= most) {
        at = tokens.length - 1;
        token = tokens[at]!;
        abandoned = true;
        return fail('too-deep', here, `parentheses and 'not' nest at most ${most} deep`);
      }
      take();
      if (not && (ends() || is('and'))) return expectedPredicate(token);
      depth++;
      const filter = not ? unary() : or();
      depth--;
      if (not) return filter && negate(filter);
      if (is(')')) take();
      else if (!abandoned) fail('unbalanced', here, "this '(' is never closed");
      return filter;
    }
    take();
    if (here.kind === WORD) return predicate(here);
    const half = text === '|' || text === '&';
    const message = `unexpected '${text}'${half ? '' : '; a predicate begins with a field'}`;
    return fail('unexpected', here, message, half ? [text + text] : []);
  }

  const test = (name: Token, field: Field, op: Draft['op'], negated: boolean, values: Value[]): Filter =>
    makeTest({ field, op, negated, values, start: name.start, end: taken() }, report);

  /** Values parted by commas, up to the closing sign where there is one; `undefined` and a fault when it is no such list. */
  function list(open: Token, close = '', name = ''): Token[] | undefined {
    const items: Token[] = [];
    let whole = true;
    for (;;) {
      if (token.kind > SIGN) items.push(take());
      else {
        const before = items.length === 0 ? open.text : ',';
        fail('expected-value', token, `expected a value${name} after '${before}'`);
        if (close === '') return undefined;
        whole = false;
      }
      if (is(',')) take();
      else if (close === '' || is(close)) {
        if (close !== '') take();
        return whole ? items : undefined;
      } else if (atEnd() || is('(') || is(')')) return fail('unbalanced', open, `this '${open.text}' is never closed`);
      else {
        fail('unexpected', token, `expected ',' or '${close}' before '${token.text}'`);
        if (token.kind === SIGN) take();
        whole = false;
      }
    }
  }

  /** Passes over a parenthesis and what is in it. */
  function skipGroup(): void {
    let open = 0;
    do {
      const { word, kind } = take();
      if (kind === END) break;
      open += word === '(' ? 1 : word === ')' ? -1 : 0;
    } while (open > 0);
  }

  /** `private(src)`, `pair(A, B)`; a name that is neither and no field is a fault. */
  function call(name: Token): Filter | undefined {
    const addressClass = findClass(name.word);
    if (addressClass === undefined && name.word !== 'pair') {
      const names = [...Object.keys(ADDRESS_CLASSES), 'pair'];
      report.unknown('function', name.text, name.start, () => [...names, 'not', 'and', 'or'], names);
      skipGroup();
      return undefined;
    }
    const items = list(take(), ')');
    if (items === undefined) return undefined;
    const field = findField(addressClass === undefined ? 'pair' : items[0]!.text);
    if (addressClass === undefined) {
      const values = parseValues(field!, 'eq', items, report);
      return values && test(name, field!, 'eq', false, values);
    }
    if (items.length === 1 && field?.type === 'address')
      return test(name, field, 'eq', false, [{ type: 'class', name: addressClass }]);
    const { text, start } = items[0]!;
    const fields = FIELDS.filter(({ type }) => type === 'address').map(each => each.name);
    return fail(
      'bad-value',
      { start, end: items.at(-1)!.end },
      `${addressClass} takes one address field: ${orList(fields)}`,
      nearest(text, fields),
      fields,
    );
  }

  /** What begins with a word: a test, a function, or `all`. */
  function predicate(name: Token): Filter | undefined {
    const field = findField(name.word);
    if (is('(') && token.start === name.end && (field === undefined || name.word === 'pair')) return call(name);
    if (field === undefined) {
      if (name.word === 'all') return ALL;
      report.unknown('field', name.text, name.start, () => [...fieldNames(), 'not', 'and', 'or']);
    }
    const word = field !== undefined && isWord(field);
    let mask: number | undefined;
    if (token.text === '&' && !word) {
      const amp = take();
      if (token.kind !== WORD || findField(token.text) !== undefined)
        return fail('unexpected', amp, "'&' is followed by a mask such as 0xff", ['&&']);
      mask = parseMask(token.text, token.start, report);
      take();
      if (field !== undefined && !takesMask(field)) fail('wrong-operator', amp, `${field.name} takes no mask`);
    }
    const sign = token;
    let comparison = COMPARISONS.get(sign.word);
    if (comparison !== undefined) take();
    else if (sign.word === '=') {
      fail('single-equals', take(), "'=' compares nothing in an expression", ['==']);
      comparison = { op: 'eq' };
    } else if (sign.word === 'not') {
      const next = after();
      if (next.word === 'in' && sign.kind === WORD) {
        take();
        take();
        comparison = { op: 'eq', negated: true };
      } else if (next.kind === WORD && !word && findField(next.text) === undefined) {
        take();
        take();
        return fail('unexpected', sign, `'${sign.text}' compares nothing`, ['!=']);
      }
    } else if (sign.kind === SIGN && sign.text.endsWith('~')) {
      take();
      if (token.kind > SIGN) take();
      return fail('unknown-operator', sign, "there are no regular expressions; names take '*'");
    }
    if (comparison === undefined) return bare(name, field);
    const { op, negated = false } = comparison;
    const allowed = field !== undefined && checkOperator(field, op, sign.start, sign.end, report);
    if (op === 'exists') return allowed ? test(name, field, op, false, []) : undefined;
    const items = operand(field, sign);
    let values = allowed && items && parseValues(field, op, items, report);
    if (!values || !allowed) return undefined;
    if (mask !== undefined) {
      if (op !== 'eq' || values.some(({ type }) => type !== 'number'))
        return fail('wrong-operator', sign, "a masked field compares with '==', '!=' or 'in' and numbers");
      const bits = mask;
      values = values.map((value, i) =>
        maskedValue(value.type === 'number' ? value.value : 0, bits, items![i]!, report),
      );
    }
    return test(name, field, op, negated, values);
  }

  /** A field without an operator: a word, or a fault. */
  function bare(name: Token, field: Field | undefined): Filter | undefined {
    if (field !== undefined && isWord(field)) return test(name, field, 'exists', false, []);
    // What follows is its value, or the next predicate.
    const begins =
      /^(and|or|not)$/.test(token.word) || findField(token.text) !== undefined || COMPARISONS.has(after().word);
    if (field !== undefined) {
      const { end } = name;
      const symbols = symbolsOf(field);
      const message = `expected an operator after '${name.text}': ${orList(symbols)}`;
      fail('expected-operator', { start: end, end }, message, [], symbols);
    }
    if (token.kind === STRING || (token.kind === WORD && !begins)) take();
    return undefined;
  }

  /** One value, values parted by commas, or a list in braces. */
  function operand(field: Field | undefined, sign: Token): Token[] | undefined {
    if (is('{')) return list(take(), '}');
    if (token.word !== '(') return list(sign, '', field && ` for ${field.name}`);
    const { start } = token;
    skipGroup();
    const end = taken();
    return fail('unexpected', { start, end }, 'a list stands in braces', [`{${source.slice(start + 1, end - 1)}}`]);
  }

  if (atEnd())
    return report.fail('empty-filter', from, source.length, "an empty filter; 'all' is the one that everything passes");
  const terms: Filter[] = [];
  while (!atEnd()) {
    // Only a closing parenthesis is left over by or().
    if (is(')')) {
      fail('unbalanced', take(), "this ')' closes nothing");
      if (is('and') || is('or')) take();
    } else {
      const filter = or();
      if (filter !== undefined) terms.push(filter);
    }
  }
  return allOf(terms);
}
