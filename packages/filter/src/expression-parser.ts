import { allOf, anyOf, type Filter, negate } from './ast.js';
import type { Token } from './lexer.js';
import { parsePredicate } from './predicate-parser.js';
import type { Scope } from './report.js';
import { isAnd, isNot, isOr, isSign } from './signs.js';
import { TokenReader } from './token-reader.js';

/** Recursive descent with recovery: a fault is noted, what belongs to it is passed over, and reading goes on. */
class ExpressionParser {
  readonly #reader: TokenReader;
  #depth = 0;
  #abandoned = false;

  constructor(
    readonly source: string,
    readonly scope: Scope,
  ) {
    this.#reader = new TokenReader(source, scope);
  }

  parse(): Filter | undefined {
    if (this.#reader.peek().kind === 'end')
      return this.scope.fail(
        'empty-filter',
        { start: 0, end: this.source.length },
        "an empty filter; 'all' is the one that everything passes",
      );
    const terms: Filter[] = [];
    while (this.#reader.peek().kind !== 'end') {
      const token = this.#reader.peek();
      // Only a closing parenthesis is left over by #or.
      if (isSign(token, ')')) {
        this.scope.fail('unbalanced', token, "this ')' closes nothing");
        this.#reader.take();
        if (isAnd(this.#reader.peek()) || isOr(this.#reader.peek())) this.#reader.take();
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
      const before = this.#reader.place;
      const { filter, joint } = this.#and();
      if (before === this.#reader.place) this.#expected(this.#reader.peek());
      mixed ??= joint;
      alternatives++;
      if (filter !== undefined) terms.push(filter);
      if (!isOr(this.#reader.peek())) break;
      this.#reader.take();
    }
    if (alternatives > 1 && mixed !== undefined)
      this.scope.warn('mixed-and-or', mixed, "'and' binds tighter than 'or'; parentheses would say which is meant");
    return terms.length === 0 ? undefined : anyOf(terms);
  }

  #expected(token: Token): void {
    const what = token.kind === 'end' ? 'the end' : `'${token.text}'`;
    this.scope.fail('expected-predicate', token, `expected a predicate such as 'proto == tcp' before ${what}`);
  }

  /** `joint` is where two terms meet. */
  #and(): { filter: Filter | undefined; joint: Token | undefined } {
    const terms: Filter[] = [];
    let joint: Token | undefined;
    let count = 0;
    for (;;) {
      const token = this.#reader.peek();
      if (token.kind === 'end' || isSign(token, ')') || isOr(token)) break;
      if (isAnd(token)) {
        this.#reader.take();
        const after = this.#reader.peek();
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
    const token = this.#reader.peek();
    if (this.#depth >= this.scope.report.limits.depth && (isNot(token) || isSign(token, '('))) {
      const { start, end } = token;
      this.scope.fail(
        'too-deep',
        { start, end },
        `parentheses and 'not' nest at most ${this.scope.report.limits.depth} deep`,
      );
      this.#reader.abandon();
      this.#abandoned = true;
      return undefined;
    }
    if (isNot(token)) {
      this.#reader.take();
      const next = this.#reader.peek();
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
    if (token.kind === 'word') return parsePredicate(this.#reader, this.#reader.take());
    this.#reader.take();
    if (token.text === '|') this.scope.fail('unexpected', token, "unexpected '|'", ['||']);
    else if (token.text === '&') this.scope.fail('unexpected', token, "unexpected '&'", ['&&']);
    else this.scope.fail('unexpected', token, `unexpected '${token.text}'; a predicate begins with a field`);
    return undefined;
  }

  #group(): Filter | undefined {
    const open = this.#reader.take();
    this.#depth++;
    const filter = this.#or();
    this.#depth--;
    if (isSign(this.#reader.peek(), ')')) this.#reader.take();
    else if (!this.#abandoned) this.scope.fail('unbalanced', open, "this '(' is never closed");
    return filter;
  }
}

/** The filter of an expression inside of some text; `undefined` with the faults reported. */
export const parseTerms = (source: string, scope: Scope): Filter | undefined =>
  new ExpressionParser(source, scope).parse();
