import { END, SIGN, type Token, tokenReader } from './lexer.js';
import { checkLength } from './make-test.js';
import type { Report } from './report.js';

/** Reads the tokens of an expression one after the other, and the parts that are made of them: groups and lists. */
export class TokenReader {
  readonly #read: () => Token;
  #next: Token;
  #second: Token | undefined;
  #last: Token;

  constructor(
    readonly source: string,
    from: number,
    readonly report: Report,
  ) {
    // Tokens are read when they are needed, so that a text that exceeds a limit is not read to its end.
    this.#read = tokenReader(source, from, report);
    this.#next = this.#read();
    this.#last = this.#next;
  }

  /** The next token. At the end it is the end token each time. */
  get next(): Token {
    return this.#next;
  }

  /** The token after the next one. */
  get second(): Token {
    this.#second ??= this.#read();
    return this.#second;
  }

  /** The token that was taken last. */
  get last(): Token {
    return this.#last;
  }

  get ended(): boolean {
    return this.#next.kind === END;
  }

  take(): Token {
    const token = this.#next;
    if (this.ended) return token;
    this.#last = token;
    this.#next = this.#second ?? this.#read();
    this.#second = undefined;
    return token;
  }

  /** Whether the next token is one of these signs and words. */
  is(...words: readonly string[]): boolean {
    return words.includes(this.next.word);
  }

  /** Reports that something is missing before a token. */
  missing(what: 'predicate' | 'value', before: Token): void {
    const such = what === 'predicate' ? " such as 'proto == tcp'" : '';
    const place = before.kind === END ? 'the end' : `'${before.text}'`;
    this.report.fault(`expected-${what}`, before, `expected a ${what}${such} before ${place}`);
  }

  /** Skips the rest of a group with its closing sign; returns `false` if the group is not closed. */
  skip(): boolean {
    for (let open = 1; open > 0; ) {
      const { word, kind } = this.take();
      if (kind === END) return false;
      open += word === '(' || word === '{' ? 1 : word === ')' || word === '}' ? -1 : 0;
    }
    return true;
  }

  /** Reads values separated by commas, and the closing sign if one opened them. */
  list(close?: string): Token[] {
    const items: Token[] = [];
    const { last: open, report } = this;
    let hole: Token | undefined;
    do {
      if (this.next.kind > SIGN) items.push(this.take());
      else hole ??= this.next;
      checkLength(items, this.last, report);
    } while (this.is(',') && this.take());
    if (close !== undefined) {
      const here = this.next;
      if (!this.skip()) report.fail('unbalanced', open, `this '${open.text}' is never closed`);
      if (here.word !== close) report.fail('unexpected', here, `unexpected '${here.text}'`, [], [',', close]);
    }
    if (hole !== undefined) {
      this.missing('value', hole);
      report.abandon();
    }
    return items;
  }
}
