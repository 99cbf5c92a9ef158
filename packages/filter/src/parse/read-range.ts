import { cut, type Token } from './lexer.js';
import type { Report } from './report.js';

/** Reads the ends of a range: `first..last` or, where a dash may separate them, `first-last`. For a single value, both ends are that value. */
export function readRange<T>(
  item: Token,
  dash: boolean,
  read: (part: Token) => T,
  compare: (from: T, to: T) => number,
  report: Report,
): [from: T, to: T] {
  const [, first, sign, last] =
    /^(.+?)(\.\.)(.*)$/s.exec(item.text) ?? ((dash && /^([^-]+)(-)(.*)$/s.exec(item.text)) || []);
  if (first === undefined) {
    const value = read(item);
    return [value, value];
  }
  const from = read(cut(item, 0, first.length));
  if (last === '') {
    const fix = typeof from === 'number' ? '; use >= for an open range' : '';
    report.fail('bad-value', item, `a range must have two ends${fix}`);
  }
  const to = read(cut(item, first.length + sign!.length));
  if (compare(from, to) > 0)
    report.fail('reversed-range', item, `the range '${item.text}' is reversed`, [last! + sign + first]);
  return [from, to];
}
