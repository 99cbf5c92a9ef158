import { describe, expect, it } from 'vitest';
import { FILTER_ISSUE_CODES } from '../../src/docs.js';
import { FilterError, type FilterIssue, parseExpression, parseQuery } from '../../src/index.js';
import { FAULTS } from './faults.js';

function issuesOf(kind: string, text: string): readonly FilterIssue[] {
  try {
    if (kind === 'expression') parseExpression(text);
    else parseQuery(text, { purpose: kind === 'change' ? 'change' : 'read', params: ['limit', 'cursor'] });
  } catch (error) {
    if (error instanceof FilterError) return error.issues;
    throw error;
  }
  return [];
}

describe('wrong inputs', () => {
  it('the tests have more than a hundred wrong inputs', () => {
    expect(FAULTS.length).toBeGreaterThan(150);
  });

  it.each(FAULTS)('%s: %s', (kind, text, faults) => {
    const issues = issuesOf(kind, text);
    expect(issues.map(({ code, offset, length, message }) => [code, offset, length, message])).toEqual(faults);
    for (const { offset, length, message, snippet, suggestions = [] } of issues) {
      const [line, caret] = snippet.split('\n');
      expect(caret).toContain(`^${'~'.repeat(Math.max(0, Math.min(length, 59) - 1))}  ${message}`);
      if (text.length < 60 && !text.includes('\n')) {
        expect(line).toBe(text);
        expect(caret!.indexOf('^')).toBe(offset);
      }
      expect(suggestions.length).toBeLessThanOrEqual(2);
    }
  });

  it.each(['eq', 'ne', 'ge', 'le', 'in', 'constructor', '__proto__'])(
    'the error for a key with the operator %s',
    word => {
      expect(issuesOf('query', `dport.${word}=80`)).toMatchObject([
        { code: 'unknown-operator', offset: 6, length: word.length },
      ]);
    },
  );

  it('the tests show every code of a fault', () => {
    const found = new Set(FAULTS.flatMap(([, , faults]) => faults.map(([code]) => code)));
    const elsewhere = [
      'mixed-and-or',
      'never-matches',
      'too-long',
      'too-many-issues',
      'too-many-predicates',
      'too-many-values',
      'unavailable',
    ];
    expect([...found, ...elsewhere].sort()).toEqual(Object.keys(FILTER_ISSUE_CODES).sort());
  });

  it('an error has the snippet that the design shows', () => {
    const [issue] = issuesOf('expression', 'proto == tcp and dprot == 443');
    expect(issue!.suggestions).toEqual(['dport', 'proto']);
    expect(issue!.snippet).toBe(
      "proto == tcp and dprot == 443\n                 ^~~~~  unknown field 'dprot'. Did you mean 'dport' or 'proto'?",
    );
  });

  it('a snippet shows one line around the fault, without control characters', () => {
    const long = `${'proto == tcp and '.repeat(20)}dprot == 443${' and proto == tcp'.repeat(20)}`;
    const [line, caret] = issuesOf('expression', long)[0]!.snippet.split('\n');
    expect(line!.length).toBeLessThan(130);
    expect(line!.slice(caret!.indexOf('^'), caret!.indexOf('^') + 5)).toBe('dprot');
    const [second] = issuesOf('expression', 'proto == tcp\nand dprot == 443');
    expect(second!.snippet).toMatch(/^and dprot == 443\n {4}\^~~~~ {2}/);
    const [first] = issuesOf('expression', '\n');
    expect(first!.snippet).toMatch(/^\n\^ {2}the filter is empty/);
    const [control] = issuesOf('expression', 'helper == x\u001b[2J and \u001b[31mred == 1');
    expect(control!.snippet + control!.message).not.toContain('\u001b');
  });

  it('a fault in a percent-encoded text has its place in that text', () => {
    const raw = 'helper=%C3%A9%F0%9F%98%80&dport=%38%30,%78&filter=proto%20%3D%3D%20tcpp';
    const issues = issuesOf('query', raw);
    expect(issues.map(({ offset, length }) => raw.slice(offset, offset + length))).toEqual(['%78', 'tcpp']);
  });
});

describe('limits', () => {
  const code = (kind: string, text: string): string[] => issuesOf(kind, text).map(issue => issue.code);
  const many = (count: number, join: string, one: (i: number) => string): string =>
    Array.from({ length: count }, (_, i) => one(i)).join(join);

  it('the text of a filter is limited to 8 KiB', () => {
    expect(code('query', `helper=${'x'.repeat(8185)}`)).toEqual([]);
    expect(code('query', `helper=${'x'.repeat(8186)}`)).toEqual(['too-long']);
    expect(code('expression', `helper == ${'x'.repeat(8183)}`)).toEqual(['too-long']);
  });
  it('a filter is limited to 64 predicates', () => {
    expect(
      code(
        'expression',
        many(64, ' or ', i => `dport == ${i}`),
      ),
    ).toEqual([]);
    expect(
      code(
        'expression',
        many(70, ' or ', i => `dport == ${i}`),
      ),
    ).toEqual(['too-many-predicates']);
  });
  it('a list is limited to 1,000 values, however they are combined', () => {
    expect(code('query', `dport=${many(1000, ',', String)}`)).toEqual([]);
    expect(code('query', `dport=${many(1001, ',', String)}`)).toEqual(['too-many-values']);
    expect(
      code(
        'query',
        many(3, '&', () => `dport=${many(400, ',', String)}`),
      ),
    ).toEqual(['too-many-values']);
    expect(code('expression', `dport in {${many(1001, ',', String)}}`)).toEqual(['too-many-values']);
  });
  it('nesting is limited to 16 levels', () => {
    expect(code('expression', `${'('.repeat(16)}proto == tcp${')'.repeat(16)}`)).toEqual([]);
    expect(code('expression', `${'not '.repeat(16)}proto == tcp`)).toEqual([]);
    expect(code('expression', `${'not ('.repeat(8)}not proto == tcp${')'.repeat(8)}`)).toEqual(['too-deep']);
    expect(code('expression', '('.repeat(8000))).toEqual(['too-deep']);
  });
  it('at most 100 faults are shown', () => {
    expect(
      code(
        'query',
        many(300, '&', i => `a${i}=1`),
      ).filter(each => each === 'unknown-field'),
    ).toHaveLength(100);
    expect(
      code(
        'query',
        many(300, '&', i => `a${i}=1`),
      ).at(-1),
    ).toBe('too-many-issues');
  });
  it('limits can be raised', () => {
    const text = many(2000, ',', i => `10.${i >> 8}.${i & 255}.0/24`);
    expect(() => parseQuery(`src=${text}`, { limits: { text: 1 << 20, values: 5000 } })).not.toThrow();
  });
});

describe('warnings', () => {
  const warnings = (text: string): string[] =>
    parseExpression(text).warnings.map(({ code, offset, message }) => `${offset} ${code}: ${message}`);

  it('mixing `and` and `or` is a warning', () => {
    expect(warnings('proto == tcp or proto == udp and dport == 53')).toEqual([
      "29 mixed-and-or: 'and' binds tighter than 'or'. Use parentheses to make the order clear",
    ]);
    expect(warnings('proto == tcp or proto == udp dport == 53')).toHaveLength(1);
    expect(warnings('proto == tcp or (proto == udp and dport == 53)')).toEqual([]);
  });
  it('host bits are a warning when reading', () => {
    expect(warnings('src in 10.0.0.5/8')).toEqual([
      "7 host-bits: '10.0.0.5/8' has bits set beyond the prefix; read as 10.0.0.0/8",
    ]);
  });
  it('a masked value that cannot match is a warning', () => {
    expect(warnings('mark == 0x125/0xff')).toEqual([
      "8 never-matches: '0x125/0xff' has bits outside the mask, so nothing matches",
    ]);
  });
});
