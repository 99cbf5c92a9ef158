import { type Token, WORD } from './lexer.js';
import type { Report } from './report.js';

/** A text that was decoded, and where its pairs stand in it. */
export interface Decoded {
  readonly text: string;
  readonly pairs: readonly Token[];
}

/** Plain text, an escaped character of UTF-8 (its bytes may be wrong), or one sign. */
const UNITS = /[^%+&]+|%[\da-f]{2}(?:%[89ab][\da-f])*|./gis;

/**
 * A query string parted at its `&` and percent-decoded, `+` as a space, as HTML forms write them; places in `report` are those of the
 * decoded text from here on. A `%` without two digits, and bytes that are not UTF-8, are faults, and leave nothing of their pair.
 */
export function decodePairs(raw: string, report: Report): Decoded {
  const pairs: Token[] = [];
  const offsets: number[] = [];
  const escaped = raw.includes('%');
  let text = '';
  let start = 0;
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
    // All of an escape is where it begins.
    for (let i = 0; escaped && i < plain.length; i++) offsets.push(index + (unit[0] === '%' ? 0 : i));
    text += plain;
  }
  close();
  if (escaped) report.offsets = [...offsets, raw.length];
  return { text, pairs };
}
