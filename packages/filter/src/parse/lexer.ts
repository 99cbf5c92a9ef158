import type { Report } from './report.js';

/** The kinds of tokens. Words and strings, which are values, have the larger numbers. */
export const END = 0;
export const SIGN = 1;
export const WORD = 2;
export const STRING = 3;

/** A token: a word (a name, number or address), a string, a sign, or the end. Words and strings are values that are not interpreted yet. */
export interface Token {
  readonly kind: 0 | 1 | 2 | 3;
  /** The text; for a string, without quotes and with escapes resolved. */
  readonly text: string;
  /** The sign, or the word in lower case, for comparing with keywords (`&&` is `and`, `||` is `or`, `!` is `not`). Empty for strings. */
  readonly word: string;
  readonly start: number;
  readonly end: number;
  /** For a string with an unescaped `*`: the pieces between the stars. */
  readonly parts?: readonly string[];
}

const keywords: ReadonlyMap<string, string> = new Map([
  ['&&', 'and'],
  ['||', 'or'],
  ['!', 'not'],
]);
// Sticky: each pattern is tried at one place only.
const space = /[ \t-\r]*/y;
const sign = /[=!<>]=|&&|\|\||[=!]~|[(){},=!<>&|~]/y;
const bare = /[^(){},=!<>&|~" \t-\r]+/y;
const item = /[^,]*/y;
const quoted = /"(?:[^"\\]+|\\.?)*/sy;

/** Returns the end of what a pattern matches at a place. */
function endOf(pattern: RegExp, source: string, start: number): number {
  pattern.lastIndex = start;
  return pattern.test(source) ? pattern.lastIndex : start;
}

/**
 * Reads the string in double quotes that begins at `start`. `\"`, `\\` and `\*` stand for the character itself; a bare `*` is a wildcard. A
 * string that does not end is a fault.
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

/** Returns a function that reads the tokens of an expression from `from`, one with each call. At the end it returns the end token each time. */
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

/** Returns the tokens of an expression from `from`, with the end token. */
export function tokenize(source: string, from: number, report: Report): Token[] {
  const next = tokenReader(source, from, report);
  const tokens = [next()];
  while (tokens.at(-1)!.kind !== END) tokens.push(next());
  return tokens;
}

/** Splits the list of values of a query string at its commas. Quotes are respected, and spaces around values are dropped. */
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

/** Returns a part of a token's text as a token. */
export const cut = ({ kind, text, start }: Token, from: number, to = text.length): Token => {
  const part = text.slice(from, to);
  return { kind, text: part, word: part, start: start + from, end: start + to };
};
