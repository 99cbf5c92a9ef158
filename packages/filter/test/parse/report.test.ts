import { describe, expect, it } from 'vitest';
import { FilterError, type FilterIssue, parseExpression, parseFilter, parseQuery } from '../../src/index.js';
import { printable, snippetOf } from '../../src/parse/issue.js';
import { choices } from '../../src/parse/report.js';

function failure(read: () => unknown): FilterError {
  try {
    read();
  } catch (error) {
    if (error instanceof FilterError) return error;
    throw error;
  }
  throw new Error('no fault');
}
const issuesOf = (text: string): readonly FilterIssue[] => failure(() => parseFilter(text)).issues;

it('a filter error has a code, a name, and every message', () => {
  const error = failure(() => parseQuery('dprot=80&stat=NEW'));
  expect(error).toMatchObject({ code: 'FILTER_INVALID', name: 'FilterError' });
  expect(error.message).toBe(
    "unknown field 'dprot'. Did you mean 'dport' or 'proto'?\nunknown field 'stat'. Did you mean 'state' or 'status'?",
  );
});

describe('an issue', () => {
  it('an issue has suggestions and expected values only if there are any', () => {
    expect(issuesOf('dprot=80')[0]).toEqual({
      code: 'unknown-field',
      offset: 0,
      length: 5,
      message: "unknown field 'dprot'. Did you mean 'dport' or 'proto'?",
      suggestions: ['dport', 'proto'],
      snippet: "dprot=80\n^~~~~  unknown field 'dprot'. Did you mean 'dport' or 'proto'?",
    });
    expect(issuesOf('frobnicate=1')[0]).toEqual({
      code: 'unknown-field',
      offset: 0,
      length: 10,
      message: "unknown field 'frobnicate'",
      snippet: "frobnicate=1\n^~~~~~~~~~  unknown field 'frobnicate'",
    });
    expect(issuesOf('family=ipx')[0]).toMatchObject({ expected: ['ipv4', 'ipv6'] });
    expect(issuesOf('nat=sorce')[0]).toMatchObject({ suggestions: ['src'], expected: ['src', 'dst', 'any', 'none'] });
  });
  it('the message of an issue lists up to 8 choices; longer lists are only in `expected`', () => {
    const words = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'];
    expect(choices([], words.slice(0, 8))).toBe("; expected 'a', 'b', 'c', 'd', 'e', 'f', 'g' or 'h'");
    expect(choices([], words)).toBe('');
    expect(choices(['x', 'y'], words)).toBe(". Did you mean 'x' or 'y'?");
    expect(choices([], [])).toBe('');
    const [issue] = issuesOf('proto=zzzzzz');
    expect(issue!.message).toBe("unknown proto 'zzzzzz'");
    expect(issue!.expected!.length).toBeGreaterThan(8);
  });
  it('an issue of a percent-encoded query string has its place in that text, and covers whole escapes', () => {
    const placed = (raw: string): string[] =>
      issuesOf(raw).map(({ offset, length }) => raw.slice(offset, offset + length));
    expect(placed('%64prot=1')).toEqual(['%64prot']);
    expect(placed('a%20b=%C3%A9&dport=x%C3%A9y')).toEqual(['a%20b', 'x%C3%A9y']);
    expect(placed('dport=%F0%9F%98%80x')).toEqual(['%F0%9F%98%80x']);
    expect(placed('dport=1,%78')).toEqual(['%78']);
    expect(placed('helper=%41&dport=xyz')).toEqual(['xyz']);
  });
});

describe('the text around a fault', () => {
  const snippet = (text: string, offset: number, length: number): string[] =>
    snippetOf(text, offset, length, 'M').split('\n');

  it('the snippet of a short line is the whole line, with a mark below the place', () => {
    expect(snippet('abc def', 4, 3)).toEqual(['abc def', '    ^~~  M']);
    expect(snippet('abc', 3, 0)).toEqual(['abc', '   ^  M']);
  });
  it('a snippet is cut 60 characters before and after the place', () => {
    const text = `${'a'.repeat(100)}X${'b'.repeat(100)}`;
    expect(snippet(text, 100, 1)).toEqual([`…${'a'.repeat(60)}X${'b'.repeat(59)}…`, `${' '.repeat(61)}^  M`]);
    // Exactly 60 on both sides: nothing is cut.
    const short = `${'a'.repeat(60)}X${'b'.repeat(59)}`;
    expect(snippet(short, 60, 1)).toEqual([short, `${' '.repeat(60)}^  M`]);
    expect(snippet(`c${short}d`, 61, 1)[0]).toBe(`…${short}…`);
  });
  it('a snippet marks only what is shown', () => {
    const text = `${'a'.repeat(5)}${'X'.repeat(100)}`;
    expect(snippet(text, 5, 100)).toEqual([`aaaaa${'X'.repeat(60)}…`, `     ^${'~'.repeat(59)}  M`]);
  });
  it('a snippet shows only the line of the place', () => {
    expect(snippet('one\ntwo three\nfour', 8, 5)).toEqual(['two three', '    ^~~~~  M']);
    expect(snippet('one\ntwo\nthree', 0, 3)).toEqual(['one', '^~~  M']);
    const lines = `${'a'.repeat(80)}\nbcd X\n${'e'.repeat(80)}`;
    expect(snippet(lines, 85, 1)).toEqual(['bcd X', '    ^  M']);
  });
  it('a snippet shows a dot for each control character and direction sign', () => {
    expect(printable('a\u0000b\u001b[31mc\u007fd\u009fe\u202ef\u2066g\u200eh')).toBe('a·b·[31mc·d·e·f·g·h');
    expect(snippet('a\u001bX', 2, 1)).toEqual(['a·X', '  ^  M']);
  });
});

describe('a limit', () => {
  const list = (count: number): string => Array.from({ length: count }, (_, i) => i).join(',');
  it.each([
    [`helper=${'x'.repeat(8186)}`, 'a filter can have at most 8192 characters, this one 8193', 8192, 1],
    [`dport=${list(1001)}`, 'a list can have at most 1000 values', 3896, 4],
    [
      Array.from({ length: 65 }, (_, i) => `dport == ${i}`).join(' or '),
      'a filter can have at most 64 predicates',
      950,
      11,
    ],
  ])('an issue about a limit has its place and message', (text, expected, offset, length) => {
    expect(issuesOf(text).map(issue => [issue.message, issue.offset, issue.length])).toEqual([
      [expected, offset, length],
    ]);
  });

  it('the list of 100 faults ends with a fault that says so', () => {
    const issues = issuesOf(Array.from({ length: 200 }, (_, i) => `a${i}=1`).join('&'));
    expect(issues).toHaveLength(101);
    expect(issues.at(-1)).toMatchObject({ code: 'too-many-issues', message: 'too many errors; the rest is not shown' });
  });
  it('after 100 warnings the others are left out', () => {
    const text = (count: number): string =>
      `src=${Array.from({ length: count }, (_, i) => `10.0.${i}.1/24`).join(',')}`;
    expect(parseQuery(text(99)).warnings).toHaveLength(99);
    expect(parseQuery(text(100)).warnings).toHaveLength(100);
    expect(parseQuery(text(150)).warnings).toHaveLength(100);
  });
  it('an unknown limit is refused by its name', () => {
    expect(() => parseQuery('', { limits: { value: 1 } as never })).toThrow("limits: unknown key 'value'");
  });
});

it('half of a surrogate pair is a fault, wherever it is', () => {
  expect(issuesOf('\ud800').map(({ code, offset, length }) => [code, offset, length])).toEqual([
    ['bad-encoding', 0, 1],
  ]);
});

it('faults are reported in the order of the text, even if they are found in another order', () => {
  const { issues } = failure(() => parseExpression('private(src and dprot == 1'));
  expect(issues.map(({ offset }) => offset)).toEqual([...issues.map(({ offset }) => offset)].sort((a, b) => a - b));
});
