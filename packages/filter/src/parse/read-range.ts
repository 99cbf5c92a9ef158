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
  const { text } = item;
  const dots = text.indexOf('..', 1);
  const at = dots === -1 && dash ? text.indexOf('-') : dots;
  if (at <= 0) {
    const value = read(item);
    return [value, value];
  }
  const sign = at === dots ? '..' : '-';
  const first = cut(item, 0, at);
  const last = cut(item, at + sign.length);
  const from = read(first);
  if (last.text === '') {
    const fix = typeof from === 'number' ? '; use >= for an open range' : '';
    report.fail('bad-value', item, `a range must have two ends${fix}`);
  }
  const to = read(last);
  if (compare(from, to) > 0)
    report.fail('reversed-range', item, `the range '${text}' is reversed`, [last.text + sign + first.text]);
  return [from, to];
}
