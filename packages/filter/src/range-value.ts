import type { Report } from './report.js';

/** A range as it stands in a text. */
export interface RangeText {
  readonly first: string;
  readonly last: string;
  /** Where its last end begins in the text. */
  readonly lastStart: number;
  /** The fault of a range whose first end is the larger. */
  reversed(start: number, report: Report): undefined;
}

/** The ends of a range, `first..last` or, where a dash may part them, `first-last`; `undefined` when it is none. */
export function splitRange(text: string, dash = true): RangeText | undefined {
  const [, first, sign, last] = /^(.+?)(\.\.)(.*)$/s.exec(text) ?? (dash ? /^([^-]+)(-)(.*)$/s : /$^/).exec(text) ?? [];
  if (first === undefined || sign === undefined || last === undefined) return undefined;
  return {
    first,
    last,
    lastStart: first.length + sign.length,
    reversed: (start, report) =>
      report.fail('reversed-range', start, start + text.length, `the range '${text}' is reversed`, [
        last + sign + first,
      ]),
  };
}
