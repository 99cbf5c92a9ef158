import type { Report } from './report.js';

/** Bytes of a UTF-8 character by its first. */
const sizeOf = (lead: number): number => (lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4);

/**
 * Percent-decoding of `raw` from `start` to `end`, `+` as a space, as HTML forms write them. `offsets` gets for every place of the
 * result where it came from. A `%` without two digits, and bytes that are no UTF-8, are faults, and there is no result.
 */
export function decode(raw: string, start: number, end: number, offsets: number[], report: Report): string | undefined {
  let text = '';
  let whole = true;
  for (let i = start; i < end; ) {
    let char = raw[i]!;
    let size = 1;
    if (char === '+') char = ' ';
    else if (char === '%') {
      const digits = /^[0-9a-fA-F]{2}$/.test(raw.slice(i + 1, i + 3));
      try {
        size = sizeOf(Number.parseInt(raw.slice(i + 1, i + 3), 16)) * 3;
        if (!digits || i + size > end) throw new URIError();
        char = decodeURIComponent(raw.slice(i, i + size));
      } catch {
        size = Math.min(digits ? 3 : 1, end - i);
        whole = false;
        report.fail(
          'bad-encoding',
          i,
          i + size,
          digits
            ? 'these bytes are not UTF-8'
            : "'%' begins a byte in two hexadecimal digits; write '%25' for the character",
        );
      }
    }
    for (let unit = 0; unit < char.length; unit++) offsets.push(i);
    text += char;
    i += size;
  }
  return whole ? text : undefined;
}
