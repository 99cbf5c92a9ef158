import { type Item, quotedItem } from './item.js';
import type { Scope } from './report.js';

/** A word (names, numbers, addresses alike), a string, one of the signs, or the end. */
export interface Token {
  readonly kind: 'word' | 'string' | 'sign' | 'end';
  readonly text: string;
  /** A sign, or a word in lower case: what keywords are compared with. Empty for strings. */
  readonly word: string;
  readonly start: number;
  readonly end: number;
  /** Of a string. */
  readonly item?: Item;
}

const two = new Set(['==', '!=', '>=', '<=', '&&', '||', '=~', '!~']);
const one = new Set('(){},=!<>&|~');
const ends = new Uint8Array(128);
for (const char of '(){},=!<>&|~" \t\n\v\f\r') ends[char.charCodeAt(0)] = 1;

/** The tokens of an expression, the end included. */
export function tokenize(source: string, scope: Scope): Token[] {
  const tokens: Token[] = [];
  for (let start = 0; start < source.length; ) {
    const char = source[start]!;
    if (char === '"') {
      const item = quotedItem(source, start, scope);
      tokens.push({ kind: 'string', text: item.text, word: '', start, end: item.end, item });
      start = item.end;
    } else if (one.has(char)) {
      const pair = source.slice(start, start + 2);
      const text = two.has(pair) ? pair : char;
      tokens.push({ kind: 'sign', text, word: text, start, end: start + text.length });
      start += text.length;
    } else if (char.charCodeAt(0) < 128 && ends[char.charCodeAt(0)] === 1) start++;
    else {
      let end = start + 1;
      while (end < source.length && !(source.charCodeAt(end) < 128 && ends[source.charCodeAt(end)] === 1)) end++;
      const text = source.slice(start, end);
      tokens.push({ kind: 'word', text, word: text.toLowerCase(), start, end });
      start = end;
    }
  }
  tokens.push({ kind: 'end', text: '', word: '', start: source.length, end: source.length });
  return tokens;
}
