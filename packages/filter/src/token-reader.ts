import { bareItem, type Item } from './item.js';
import { type Token, tokenize } from './lexer.js';
import type { Scope } from './report.js';
import { isSign } from './signs.js';

/** The tokens of an expression, read from left to right. */
export class TokenReader {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(
    readonly source: string,
    readonly scope: Scope,
  ) {
    this.#tokens = tokenize(source, scope);
  }

  /** Where it stands, to see whether anything was taken. */
  get place(): number {
    return this.#at;
  }

  /** The next token; at the end, the end again and again. */
  peek(): Token {
    return this.#tokens[this.#at]!;
  }

  /** The one after the next. */
  after(): Token {
    return this.#tokens[this.#at + 1] ?? this.peek();
  }

  take(): Token {
    const token = this.peek();
    if (token.kind !== 'end') this.#at++;
    return token;
  }

  /** Where what was taken last ends. */
  taken(): number {
    return this.#tokens[this.#at - 1]!.end;
  }

  /** Passes over all the rest. */
  abandon(): void {
    this.#at = this.#tokens.length - 1;
  }

  /** Passes over a parenthesis and what is in it. */
  skipGroup(): void {
    let open = 0;
    do {
      const token = this.take();
      if (isSign(token, '(')) open++;
      else if (isSign(token, ')')) open--;
      else if (token.kind === 'end') break;
    } while (open > 0);
  }

  /** A word or string as a value; `undefined` when the next token is neither. */
  item(): Item | undefined {
    const token = this.peek();
    if (token.kind === 'string') return this.take().item;
    if (token.kind !== 'word') return undefined;
    this.take();
    return bareItem(token.text, token.start);
  }

  /** Values parted by commas up to the closing sign; `undefined` and a fault when it is no such list. */
  list(close: string, open: Token): Item[] | undefined {
    const items: Item[] = [];
    let whole = true;
    for (;;) {
      const item = this.item();
      if (item === undefined) {
        const { start, end } = this.peek();
        this.scope.fail(
          'expected-value',
          { start, end },
          `expected a value after '${items.length === 0 ? open.text : ','}'`,
        );
        whole = false;
      } else items.push(item);
      const next = this.peek();
      if (isSign(next, ',')) this.take();
      else if (isSign(next, close)) {
        this.take();
        return whole && items.length > 0 ? items : undefined;
      } else if (next.kind === 'end' || isSign(next, '(') || isSign(next, ')')) {
        this.scope.fail('unbalanced', open, `this '${open.text}' is never closed`);
        return undefined;
      } else {
        this.scope.fail('unexpected', next, `expected ',' or '${close}' before '${next.text}'`);
        if (next.kind === 'sign') this.take();
        whole = false;
      }
    }
  }
}
