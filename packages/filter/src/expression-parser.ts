import { ADDRESS_CLASSES, findClass } from './address-value.js';
import { type AddressClass, ALL, allOf, anyOf, type Filter, negate } from './ast.js';
import { FIELDS, type Field, fieldNames, findField, isWord } from './fields.js';
import { bareItem, type Item } from './item.js';
import { type Token, tokenize } from './lexer.js';
import type { Scope } from './report.js';
import { COMPARISONS, isAnd, isNot, isOr, isSign } from './signs.js';
import { nearest, orList } from './suggest.js';
import { checkOperator, makeTest, parseValues, symbolsOf } from './test-node.js';
import { maskedValue, parseMask, takesMask } from './value.js';

/** Recursive descent with recovery: a fault is noted, what belongs to it is passed over, and reading goes on. */
class ExpressionParser {
  readonly #tokens: Token[];
  #at = 0;
  #depth = 0;
  #abandoned = false;

  constructor(
    readonly source: string,
    readonly scope: Scope,
  ) {
    this.#tokens = tokenize(source, scope);
  }

  #peek(): Token {
    return this.#tokens[this.#at]!;
  }

  #take(): Token {
    const token = this.#peek();
    if (token.kind !== 'end') this.#at++;
    return token;
  }

  parse(): Filter | undefined {
    if (this.#peek().kind === 'end')
      return this.scope.fail(
        'empty-filter',
        0,
        this.source.length,
        "an empty filter; 'all' is the one that everything passes",
      );
    const terms: Filter[] = [];
    while (this.#peek().kind !== 'end') {
      const token = this.#peek();
      // Only a closing parenthesis is left over by #or.
      if (isSign(token, ')')) {
        this.scope.fail('unbalanced', token.start, token.end, "this ')' closes nothing");
        this.#take();
        if (isAnd(this.#peek()) || isOr(this.#peek())) this.#take();
      } else {
        const filter = this.#or();
        if (filter !== undefined) terms.push(filter);
      }
    }
    return allOf(terms);
  }

  #or(): Filter | undefined {
    const terms: Filter[] = [];
    let mixed: Token | undefined;
    let alternatives = 0;
    for (;;) {
      const before = this.#at;
      const { filter, joint } = this.#and();
      if (before === this.#at) this.#expected(this.#peek());
      mixed ??= joint;
      alternatives++;
      if (filter !== undefined) terms.push(filter);
      if (!isOr(this.#peek())) break;
      this.#take();
    }
    if (alternatives > 1 && mixed !== undefined)
      this.scope.warn(
        'mixed-and-or',
        mixed.start,
        mixed.end,
        "'and' binds tighter than 'or'; parentheses would say which is meant",
      );
    return terms.length === 0 ? undefined : anyOf(terms);
  }

  #expected(token: Token): void {
    const what = token.kind === 'end' ? 'the end' : `'${token.text}'`;
    this.scope.fail(
      'expected-predicate',
      token.start,
      token.end,
      `expected a predicate such as 'proto == tcp' before ${what}`,
    );
  }

  /** `joint` is where two terms meet. */
  #and(): { filter: Filter | undefined; joint: Token | undefined } {
    const terms: Filter[] = [];
    let joint: Token | undefined;
    let count = 0;
    for (;;) {
      const token = this.#peek();
      if (token.kind === 'end' || isSign(token, ')') || isOr(token)) break;
      if (isAnd(token)) {
        this.#take();
        const after = this.#peek();
        if (count === 0 || after.kind === 'end' || isSign(after, ')') || isOr(after) || isAnd(after))
          this.#expected(count === 0 ? token : after);
        if (count > 0) joint ??= token;
        continue;
      }
      const filter = this.#unary();
      if (count++ > 0) joint ??= token;
      if (filter !== undefined) terms.push(filter);
    }
    return { filter: terms.length === 0 ? undefined : allOf(terms), joint };
  }

  #unary(): Filter | undefined {
    const token = this.#peek();
    if (this.#depth >= this.scope.report.limits.depth && (isNot(token) || isSign(token, '('))) {
      const { start, end } = token;
      this.scope.fail(
        'too-deep',
        start,
        end,
        `parentheses and 'not' nest at most ${this.scope.report.limits.depth} deep`,
      );
      this.#at = this.#tokens.length - 1;
      this.#abandoned = true;
      return undefined;
    }
    if (isNot(token)) {
      this.#take();
      const next = this.#peek();
      if (next.kind === 'end' || isSign(next, ')') || isOr(next) || isAnd(next)) {
        this.#expected(next);
        return undefined;
      }
      this.#depth++;
      const filter = this.#unary();
      this.#depth--;
      return filter && negate(filter);
    }
    if (isSign(token, '(')) return this.#group();
    if (token.kind === 'word') return this.#predicate(this.#take());
    this.#take();
    if (token.text === '|')
      this.scope.fail('unexpected', token.start, token.end, "unexpected '|'", { suggestions: ['||'] });
    else if (token.text === '&')
      this.scope.fail('unexpected', token.start, token.end, "unexpected '&'", { suggestions: ['&&'] });
    else
      this.scope.fail(
        'unexpected',
        token.start,
        token.end,
        `unexpected '${token.text}'; a predicate begins with a field`,
      );
    return undefined;
  }

  #group(): Filter | undefined {
    const open = this.#take();
    this.#depth++;
    const filter = this.#or();
    this.#depth--;
    if (isSign(this.#peek(), ')')) this.#take();
    else if (!this.#abandoned) this.scope.fail('unbalanced', open.start, open.end, "this '(' is never closed");
    return filter;
  }

  #skipGroup(): void {
    let open = 0;
    do {
      const token = this.#take();
      if (isSign(token, '(')) open++;
      else if (isSign(token, ')')) open--;
      else if (token.kind === 'end') break;
    } while (open > 0);
  }

  #predicate(name: Token): Filter | undefined {
    const { scope } = this;
    const lower = name.word;
    const next = this.#peek();
    if (isSign(next, '(') && next.start === name.end) {
      const addressClass = findClass(lower);
      if (addressClass !== undefined || lower === 'pair') return this.#call(name, addressClass);
      if (findField(lower) === undefined) {
        const names = [...Object.keys(ADDRESS_CLASSES), 'pair', 'not', 'and', 'or'];
        scope.fail('unknown-function', name.start, name.end, `unknown function '${name.text}'`, {
          expected: names.slice(0, -3),
          suggestions: nearest(name.text, names),
        });
        this.#skipGroup();
        return undefined;
      }
    }
    const field = findField(lower);
    if (field === undefined && lower === 'all') return ALL;
    if (field === undefined) {
      const suggestions = (): string[] => nearest(name.text, [...fieldNames(), 'not', 'and', 'or']);
      scope.fail('unknown-field', name.start, name.end, `unknown field '${name.text}'`, { suggestions });
    }
    return this.#test(name, field);
  }

  /** `private(src)`, `pair(A, B)`. */
  #call(name: Token, addressClass: AddressClass | undefined): Filter | undefined {
    const { scope } = this;
    const open = this.#take();
    const items = this.#list(')', open);
    const end = this.#tokens[this.#at - 1]!.end;
    if (items === undefined) return undefined;
    if (addressClass === undefined) {
      const field = findField('pair')!;
      const values = parseValues(field, 'eq', items, scope);
      return values && makeTest(field, 'eq', false, values, name.start, end, scope);
    }
    const [item] = items;
    const field = findField(item!.text);
    if (items.length === 1 && field?.type === 'address')
      return makeTest(field, 'eq', false, [{ type: 'class', name: addressClass }], name.start, end, scope);
    const fields = FIELDS.filter(each => each.type === 'address').map(each => each.name);
    return scope.fail(
      'bad-value',
      item!.start,
      items.at(-1)!.end,
      `${addressClass} takes one address field: ${orList(fields)}`,
      {
        expected: fields,
        suggestions: nearest(item!.text, fields),
      },
    );
  }

  #test(name: Token, field: Field | undefined): Filter | undefined {
    const { scope } = this;
    let mask: number | undefined;
    if (isSign(this.#peek(), '&') && (field === undefined || !isWord(field))) {
      const amp = this.#take();
      const digits = this.#peek();
      if (digits.kind !== 'word' || findField(digits.text) !== undefined)
        return scope.fail('unexpected', amp.start, amp.end, "'&' is followed by a mask such as 0xff", {
          suggestions: ['&&'],
        });
      this.#take();
      mask = parseMask(digits.text, digits.start, scope);
      if (field !== undefined && !takesMask(field))
        scope.fail('wrong-operator', amp.start, amp.end, `${field.name} takes no mask`);
    }
    const sign = this.#peek();
    let comparison = COMPARISONS.get(sign.word);
    if (comparison !== undefined) this.#take();
    else if (isSign(sign, '=')) {
      this.#take();
      scope.fail('single-equals', sign.start, sign.end, "'=' compares nothing in an expression", {
        suggestions: ['=='],
      });
      comparison = { op: 'eq' };
    } else if (isNot(sign) && sign.kind === 'word' && this.#tokens[this.#at + 1]!.word === 'in') {
      this.#at += 2;
      comparison = { op: 'eq', negated: true };
    }
    if (isNot(sign) && comparison === undefined && this.#tokens[this.#at + 1]!.kind === 'word') {
      const value = this.#tokens[this.#at + 1]!;
      if (findField(value.text) === undefined && (field === undefined || !isWord(field))) {
        this.#at += 2;
        return scope.fail('unexpected', sign.start, sign.end, `'${sign.text}' compares nothing`, {
          suggestions: ['!='],
        });
      }
    }
    if (sign.text.endsWith('~') && sign.kind === 'sign') {
      this.#take();
      this.#item();
      return scope.fail('unknown-operator', sign.start, sign.end, "there are no regular expressions; names take '*'");
    }
    if (comparison === undefined) return this.#bare(name, field);
    const { op } = comparison;
    const allowed = field !== undefined && checkOperator(field, op, sign.start, sign.end, scope);
    if (op === 'exists') return allowed ? makeTest(field, op, false, [], name.start, sign.end, scope) : undefined;
    const items = this.#operand(field, sign);
    if (items === undefined || !allowed) return undefined;
    let values = parseValues(field, op, items, scope);
    if (values === undefined) return undefined;
    if (mask !== undefined) {
      if (op !== 'eq' || values.some(value => value.type !== 'number'))
        return scope.fail(
          'wrong-operator',
          sign.start,
          sign.end,
          "a masked field compares with '==', '!=' or 'in' and numbers",
        );
      const bits = mask;
      values = values.map((value, i) => maskedValue(value.type === 'number' ? value.value : 0, bits, items[i]!, scope));
    }
    const end = this.#tokens[this.#at - 1]!.end;
    return makeTest(field, op, comparison.negated === true, values, name.start, end, scope);
  }

  /** A field without an operator: a word, or a fault. */
  #bare(name: Token, field: Field | undefined): Filter | undefined {
    const { scope } = this;
    if (field !== undefined && isWord(field)) return makeTest(field, 'exists', false, [], name.start, name.end, scope);
    const next = this.#peek();
    // What follows is its value, or the next predicate.
    const value = next.kind === 'string' || (next.kind === 'word' && !this.#beginsPredicate(next));
    if (field !== undefined) {
      const symbols = symbolsOf(field);
      scope.fail(
        'expected-operator',
        name.end,
        name.end,
        `expected an operator after '${name.text}': ${orList(symbols)}`,
        {
          expected: symbols,
        },
      );
    }
    if (value) this.#take();
    return undefined;
  }

  #beginsPredicate(token: Token): boolean {
    const after = this.#tokens[this.#at + 1]!;
    return (
      isAnd(token) || isOr(token) || isNot(token) || findField(token.text) !== undefined || COMPARISONS.has(after.word)
    );
  }

  /** One value, values parted by commas, or a list in braces. */
  #operand(field: Field | undefined, sign: Token): Item[] | undefined {
    if (isSign(this.#peek(), '{')) return this.#list('}', this.#take());
    if (isSign(this.#peek(), '(')) {
      const { start } = this.#peek();
      this.#skipGroup();
      const { end } = this.#tokens[this.#at - 1]!;
      return this.scope.fail('unexpected', start, end, 'a list stands in braces', {
        suggestions: [`{${this.source.slice(start + 1, end - 1)}}`],
      });
    }
    const items: Item[] = [];
    for (;;) {
      const item = this.#item();
      if (item === undefined) {
        const name = field === undefined ? '' : ` for ${field.name}`;
        const { start, end } = this.#peek();
        return this.scope.fail(
          'expected-value',
          start,
          end,
          `expected a value${name} after '${items.length === 0 ? sign.text : ','}'`,
        );
      }
      items.push(item);
      if (!isSign(this.#peek(), ',')) return items;
      this.#take();
    }
  }

  #item(): Item | undefined {
    const token = this.#peek();
    if (token.kind === 'string') return this.#take().item;
    if (token.kind !== 'word') return undefined;
    this.#take();
    return bareItem(token.text, token.start);
  }

  /** Values parted by commas up to the closing sign; `undefined` and a fault when it is no such list. */
  #list(close: string, open: Token): Item[] | undefined {
    const items: Item[] = [];
    let whole = true;
    for (;;) {
      const item = this.#item();
      if (item === undefined) {
        const { start, end } = this.#peek();
        this.scope.fail(
          'expected-value',
          start,
          end,
          `expected a value after '${items.length === 0 ? open.text : ','}'`,
        );
        whole = false;
      } else items.push(item);
      const next = this.#peek();
      if (isSign(next, ',')) this.#take();
      else if (isSign(next, close)) {
        this.#take();
        return whole && items.length > 0 ? items : undefined;
      } else if (next.kind === 'end' || isSign(next, '(') || isSign(next, ')')) {
        this.scope.fail('unbalanced', open.start, open.end, `this '${open.text}' is never closed`);
        return undefined;
      } else {
        this.scope.fail('unexpected', next.start, next.end, `expected ',' or '${close}' before '${next.text}'`);
        if (next.kind === 'sign') this.#take();
        whole = false;
      }
    }
  }
}

/** The filter of an expression inside of some text; `undefined` with the faults reported. */
export const parseTerms = (source: string, scope: Scope): Filter | undefined =>
  new ExpressionParser(source, scope).parse();
