import { nearest } from '@conntrack/flow';
import { ADDRESS_CLASSES, findClass } from '../language/address-classes.js';
import { ALL, allOf, anyOf, type Filter, negate, type Value } from '../language/ast.js';
import { FIELDS, type Field, fieldNames, findField, isWord } from '../language/field-table.js';
import { COMPARISONS, type Comparison, EQUAL, EXISTS, MISTAKEN } from './comparisons.js';
import { END, SIGN, STRING, type Token, tokenize, WORD } from './lexer.js';
import { checkOperator, makeTest, readValues, symbolsOf } from './make-test.js';
import { maskedValue, readMask, takesMask } from './read-value.js';
import type { Report } from './report.js';

/**
 * The filter of an expression that fills a text from a place on. Recursive descent with recovery: a fault is noted, what belongs to it
 * is passed over, and reading goes on. Where there were faults the filter means nothing.
 */
export function parseTerms(source: string, from: number, report: Report): Filter {
  const tokens = tokenize(source, from, report);
  let at = 0;
  /** The next token; at the end, the end again and again. */
  let token = tokens[0]!;

  const take = (): Token => {
    const taken = token;
    if (taken.kind !== END) token = tokens[++at]!;
    return taken;
  };
  /** Whether the next token is a sign or word. */
  const is = (word: string): boolean => token.word === word;
  /** The token after the next. */
  const after = (): Token => tokens[at + 1] ?? token;
  /** Where what was taken last ends. */
  const taken = (): number => tokens[at - 1]!.end;
  const joins = (): boolean => is('and') || is('or');
  /** Whether the token after the next can only be a value. */
  const valueFollows = (): boolean => after().kind === WORD && findField(after().word) === undefined;
  const missing = (what: 'predicate' | 'value', before: Token): void => {
    const such = what === 'predicate' ? " such as 'proto == tcp'" : '';
    const place = before.kind === END ? 'the end' : `'${before.text}'`;
    report.fault(`expected-${what}`, before, `expected a ${what}${such} before ${place}`);
  };

  /** Terms joined by `or` and, tighter, by `and` or nothing; up to the end, or to the parenthesis that closes them. */
  function joined(depth: number): Filter {
    const alternatives: Filter[][] = [[]];
    let mixed: Token | undefined;
    let due = true;
    while (token.kind !== END && (depth === 0 || !is(')'))) {
      const here = token;
      if (joins()) {
        if (due) missing('predicate', here);
        due = true;
        if (take().word === 'or') alternatives.push([]);
        else mixed ??= here;
      } else if (is(')')) report.fault('unbalanced', take(), "this ')' closes nothing");
      else {
        if (!due) mixed ??= here;
        due = false;
        const term = report.attempt(() => unary(depth));
        if (term !== undefined) alternatives.at(-1)!.push(term);
      }
    }
    if (due) missing('predicate', token);
    if (mixed !== undefined && alternatives.length > 1)
      report.warn('mixed-and-or', mixed, "'and' binds tighter than 'or'; parentheses would say which is meant");
    return anyOf(alternatives.map(allOf));
  }

  function unary(depth: number): Filter {
    const here = take();
    const { text, word } = here;
    const not = word === 'not';
    if (not || word === '(') {
      const { depth: most } = report.limits;
      if (depth === most) report.stop('too-deep', here, `parentheses and 'not' nest at most ${most} deep`);
      if (not) {
        if (token.kind !== END && !is(')') && !joins()) return negate(unary(depth + 1));
        missing('predicate', token);
        return ALL;
      }
      const filter = joined(depth + 1);
      if (is(')')) take();
      else report.fault('unbalanced', here, "this '(' is never closed");
      return filter;
    }
    if (here.kind === WORD) return predicate(here);
    return report.fail('unexpected', here, `unexpected '${text}'`, text === '|' || text === '&' ? [text + text] : []);
  }

  /** Passes over what is left of a group, its closing sign included; `false` where it is never closed. */
  function skip(): boolean {
    for (let open = 1; open > 0; ) {
      const { word, kind } = take();
      if (kind === END) return false;
      open += word === '(' || word === '{' ? 1 : word === ')' || word === '}' ? -1 : 0;
    }
    return true;
  }

  /** Values parted by commas, and the sign that closes them, where one opened them. */
  function list(close?: string): Token[] {
    const items: Token[] = [];
    const open = tokens[at - 1]!;
    let hole: Token | undefined;
    do {
      if (token.kind > SIGN) items.push(take());
      else hole ??= token;
    } while (is(',') && take());
    if (close !== undefined) {
      const here = token;
      if (!skip()) report.fail('unbalanced', open, `this '${open.text}' is never closed`);
      if (here.word !== close) report.fail('unexpected', here, `unexpected '${here.text}'`, [], [',', close]);
    }
    if (hole !== undefined) {
      missing('value', hole);
      report.abandon();
    }
    return items;
  }

  const test = (name: Token, field: Field, comparison: Comparison, values: readonly Value[]): Filter =>
    makeTest(field, comparison, values, { start: name.start, end: taken() }, report);

  /** `private(src)`, `pair(A, B)`; a name that is neither and no field is a fault. */
  function call(name: Token): Filter {
    const addressClass = findClass(name.word);
    take();
    if (addressClass === undefined && name.word !== 'pair') {
      skip();
      const names = [...Object.keys(ADDRESS_CLASSES), 'pair'];
      return report.unknown('function', name, [...names, 'not', 'and', 'or'], names);
    }
    const items = list(')');
    const field = findField(addressClass === undefined ? 'pair' : items[0]!.text);
    if (addressClass === undefined) return test(name, field!, EQUAL, readValues(field!, 'eq', items, report));
    if (items.length === 1 && field?.type === 'address')
      return test(name, field, EQUAL, [{ type: 'class', name: addressClass }]);
    const { text, start } = items[0]!;
    const fields = FIELDS.filter(({ type }) => type === 'address').map(each => each.name);
    const place = { start, end: items.at(-1)!.end };
    return report.fail('bad-value', place, `${addressClass} takes one address field`, nearest(text, fields), fields);
  }

  /** What begins with a word: a test, a function, or `all`. */
  function predicate(name: Token): Filter {
    const known = findField(name.word);
    if (is('(') && token.start === name.end && (known === undefined || known.type === 'pair')) return call(name);
    if (known === undefined && name.word === 'all') return ALL;
    const word = known !== undefined && isWord(known);
    let amp: Token | undefined;
    let mask: Token | undefined;
    if (is('&') && !word && valueFollows()) {
      amp = take();
      mask = take();
    }
    const sign = token;
    let comparison = COMPARISONS.get(sign.word);
    if (is('not') && after().word === 'in') {
      take();
      comparison = COMPARISONS.get('!=');
    } else if (!is('not') || (!word && valueFollows())) {
      const [code, message, meant] = MISTAKEN.get(sign.word) ?? [];
      if (code !== undefined) {
        report.fault(code, sign, message!, meant === undefined ? [] : [meant]);
        comparison = COMPARISONS.get(meant ?? '==');
      }
    }
    if (comparison === undefined) return bare(name, known);
    take();
    const { op } = comparison;
    const items = op === 'exists' ? [] : report.attempt(operand);
    const field = known ?? unknownField(name);
    checkOperator(field, op, sign, report);
    if (items === undefined) report.abandon();
    let values = items.length > 0 ? readValues(field, op, items, report) : [];
    if (amp !== undefined && mask !== undefined) {
      if (!takesMask(field)) report.fail('wrong-operator', amp, `${field.name} takes no mask`);
      const bits = readMask(mask, report);
      values = values.map((value, i) =>
        op === 'eq' && value.type === 'number'
          ? maskedValue(value.value, bits, items[i]!, report)
          : report.fail('wrong-operator', sign, "a masked field compares with '==', '!=' or 'in' and numbers"),
      );
    }
    return test(name, field, comparison, values);
  }

  const unknownField = (name: Token): never => report.unknown('field', name, [...fieldNames(), 'not', 'and', 'or'], []);

  /** A field without an operator: a word, or a fault. */
  function bare(name: Token, field: Field | undefined): Filter {
    if (field !== undefined && isWord(field)) return test(name, field, EXISTS, []);
    // What follows is its value, or the next predicate.
    const begins = joins() || is('not') || findField(token.word) !== undefined || COMPARISONS.has(after().word);
    if (token.kind === STRING || (token.kind === WORD && !begins)) take();
    const { text, end } = name;
    const symbols = symbolsOf(field ?? unknownField(name));
    return report.fail('expected-operator', { start: end, end }, `no operator after '${text}'`, [], symbols);
  }

  /** One value, values parted by commas, or a list in braces. */
  function operand(): Token[] {
    if (is('{')) {
      take();
      return list('}');
    }
    if (!is('(')) return list();
    const { start } = take();
    skip();
    const end = taken();
    const meant = `{${source.slice(start + 1, end - 1)}}`;
    return report.fail('unexpected', { start, end }, 'a list stands in braces', [meant]);
  }

  if (token.kind === END) {
    const place = { start: from, end: source.length };
    return report.fail('empty-filter', place, "an empty filter; 'all' is the one that everything passes");
  }
  return joined(0);
}
