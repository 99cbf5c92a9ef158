import type { Report } from './report.js';

/** What a token is; of words and strings, which are values, the larger numbers. */
export const END = 0;
export const SIGN = 1;
export const WORD = 2;
export const STRING = 3;

/** A word (names, numbers, addresses alike), a string, one of the signs, or the end. A word or string is a value not yet understood. */
export interface Token {
  readonly kind: 0 | 1 | 2 | 3;
  /** Of a string without quotes, and with escapes resolved. */
  readonly text: string;
  /** A sign, or a word in lower case: what keywords are compared with (`&&` is `and`, `||` `or`, `!` `not`). Empty for strings. */
  readonly word: string;
  readonly start: number;
  readonly end: number;
  /** Of a string, the pieces between `*`, when there is one that is not escaped. */
  readonly parts?: readonly string[];
}

const keywords: ReadonlyMap<string, string> = new Map([
  ['&&', 'and'],
  ['||', 'or'],
  ['!', 'not'],
]);
// Sticky: each is tried at one place only.
const space = /[ \t-\r]*/y;
const sign = /[=!<>]=|&&|\|\||[=!]~|[(){},=!<>&|~]/y;
const bare = /[^(){},=!<>&|~" \t-\r]+/y;
const item = /[^,]*/y;
const quoted = /"(?:[^"\\]+|\\.?)*/sy;

/** Where what a pattern matches at a place ends. */
function endOf(pattern: RegExp, source: string, start: number): number {
  pattern.lastIndex = start;
  return pattern.test(source) ? pattern.lastIndex : start;
}

/**
 * A string in double quotes that begins at `start`; `\"`, `\\` and `\*` stand for the character alone, a bare `*` is a
 * wildcard. A string that does not end is a fault.
 */
function readString(source: string, start: number, report: Report): Token {
  let end = endOf(quoted, source, start);
  const parts = [''];
  for (const [piece] of source.slice(start + 1, end).matchAll(/\\?./gs))
    if (piece === '*') parts.push('');
    else parts[parts.length - 1] += piece[1] ?? piece;
  if (end++ === source.length)
    report.fault('unterminated-string', { start, end: --end }, 'this string has no closing quote');
  return { kind: STRING, text: parts.join('*'), word: '', start, end, ...(parts.length > 1 && { parts }) };
}

/** Reads the tokens of an expression from a place on, one with each call; at the end, the end again and again. */
export function tokenReader(source: string, from: number, report: Report): () => Token {
  let at = from;
  return () => {
    const start = endOf(space, source, at);
    if (source[start] === '"') {
      const string = readString(source, start, report);
      at = string.end;
      return string;
    }
    const signEnd = endOf(sign, source, start);
    at = signEnd > start ? signEnd : endOf(bare, source, start);
    const text = source.slice(start, at);
    const kind = at === start ? END : signEnd > start ? SIGN : WORD;
    return { kind, text, word: keywords.get(text) ?? text.toLowerCase(), start, end: at };
  };
}

/** The tokens of an expression from a place on, the end included. */
export function tokenize(source: string, from: number, report: Report): Token[] {
  const next = tokenReader(source, from, report);
  const tokens = [next()];
  while (tokens.at(-1)!.kind !== END) tokens.push(next());
  return tokens;
}

/** The values of a query string's list, parted by commas, quotes respected, spaces around each dropped. */
export function splitList(source: string, from: number, report: Report): Token[] {
  const items: Token[] = [];
  for (let at = from; ; at++) {
    at = endOf(space, source, at);
    const string = source[at] === '"' ? readString(source, at, report) : undefined;
    const start = string?.end ?? at;
    at = endOf(item, source, start);
    const text = source.slice(start, at).trimEnd();
    const word: Token = { kind: WORD, text, word: text, start, end: start + text.length };
    if (string !== undefined && text !== '') report.fault('unexpected', word, `unexpected '${text}' after a string`);
    items.push(string ?? word);
    if (at >= source.length) return items;
  }
}

/** A part of a token's text, as a token. */
export const cut = ({ kind, text, start }: Token, from: number, to = text.length): Token => {
  const part = text.slice(from, to);
  return { kind, text: part, word: part, start: start + from, end: start + to };
};
