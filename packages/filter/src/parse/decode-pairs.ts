import { type Token, WORD } from './lexer.js';
import type { Report } from './report.js';

/** A decoded text, and the spans of its pairs. */
export interface Decoded {
  readonly text: string;
  readonly pairs: readonly Token[];
}

/** Plain text, an escaped UTF-8 character (its bytes may be invalid), or one sign. */
const UNITS = /[^%+&]+|%[\da-f]{2}(?:%[89ab][\da-f])*|./gis;

/**
 * Splits a query string at `&` and decodes it: percent escapes, and `+` as a space, as HTML forms write them. From here on, the places in
 * `report` are those of the decoded text.
 *
 * A `%` without two digits and invalid UTF-8 are faults; their pair is dropped.
 */
export function decodePairs(raw: string, report: Report): Decoded {
  const pairs: Token[] = [];
  const offsets: number[] = [];
  const escaped = raw.includes('%');
  let text = '';
  // A `?` in front is the one of `location.search`.
  let start = raw[0] === '?' ? 1 : 0;
  let whole = true;
  const close = (): void => {
    const end = text.length;
    const part = text.slice(start);
    if (whole && part !== '') pairs.push({ kind: WORD, text: part, word: part, start, end });
    whole = true;
    start = end + 1;
  };
  for (const { 0: unit, index } of raw.matchAll(UNITS)) {
    let plain = unit === '+' ? ' ' : unit;
    if (unit === '&') close();
    else if (unit[0] === '%')
      try {
        plain = decodeURIComponent(unit);
      } catch {
        whole = false;
        const why =
          unit === '%'
            ? "'%' must be followed by two hexadecimal digits. Write '%25' for the character"
            : 'these bytes are not UTF-8';
        report.fault('bad-encoding', { start: index, end: index + unit.length }, why);
      }
    // All characters of an escape are at its beginning.
    for (let i = 0; escaped && i < plain.length; i++) offsets.push(index + (unit[0] === '%' ? 0 : i));
    text += plain;
  }
  close();
  if (escaped) report.offsets = [...offsets, raw.length];
  return { text, pairs };
}
