import type { Report } from './report.js';
import { Scope } from './report.js';

/** A piece of a query string, decoded, with its places. */
export interface Decoded {
  readonly text: string;
  readonly scope: Scope;
  /** Whether all of it could be decoded. */
  readonly whole: boolean;
}

const hex = (text: string, at: number): number => {
  const digits = text.slice(at, at + 2);
  return /^[0-9a-fA-F]{2}$/.test(digits) ? Number.parseInt(digits, 16) : -1;
};

/** Bytes of a UTF-8 character by its first. */
const sizeOf = (lead: number): number => (lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4);

/**
 * Percent-decoding of `raw` from `start` to `end`, `+` as a space, as HTML forms write them. Every place of the result knows where
 * it came from. A `%` without two digits, and bytes that are no UTF-8, are faults.
 */
export function decode(raw: string, start: number, end: number, report: Report): Decoded {
  const piece = raw.slice(start, end);
  if (!piece.includes('%')) return { text: piece.replaceAll('+', ' '), scope: new Scope(report, start), whole: true };
  let text = '';
  let whole = true;
  const offsets: number[] = [];
  for (let i = start; i < end; ) {
    let char = raw[i]!;
    let size = 1;
    if (char === '+') char = ' ';
    else if (char === '%') {
      const lead = hex(raw, i + 1);
      size = lead < 0 ? 1 : sizeOf(lead) * 3;
      try {
        if (lead < 0 || i + size > end) throw new URIError();
        char = decodeURIComponent(raw.slice(i, i + size));
      } catch {
        size = Math.min(lead < 0 ? 1 : 3, end - i);
        char = '\ufffd';
        whole = false;
        const what =
          lead < 0
            ? "'%' begins a byte in two hexadecimal digits; write '%25' for the character"
            : 'these bytes are not UTF-8';
        report.fail('bad-encoding', { start: i, end: i + size }, what);
      }
    }
    for (let unit = 0; unit < char.length; unit++) offsets.push(i);
    text += char;
    i += size;
  }
  offsets.push(end);
  return { text, scope: new Scope(report, start, offsets), whole };
}
