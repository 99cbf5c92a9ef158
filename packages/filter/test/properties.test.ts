import { FlowObjectCursor } from '@conntrack/flow';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileFilter } from '../src/compile.js';
import { FilterError, negate, normalize, parseExpression, parseFilter, parseQuery } from '../src/index.js';
import { printExpression, printQuery } from '../src/print.js';
import { filter, flow, isSound, soundFilter } from './arbitraries.js';
import { passes } from './naive.js';

const now = 1_790_000_000_000;
const options = { now: () => now };
const limits = { text: 1_000_000, predicates: 1000 };
const flows = fc.array(flow, { minLength: 1, maxLength: 8 });

describe('properties', () => {
  it('a printed expression is parsed back as the same filter', () => {
    fc.assert(
      fc.property(soundFilter, given => {
        expect(parseExpression(printExpression(given), { limits }).filter).toEqual(given);
      }),
      { numRuns: 800 },
    );
  });

  it('a printed query string is parsed back as the same filter', () => {
    fc.assert(
      fc.property(soundFilter, given => {
        const text = printQuery(given);
        expect(text).toMatch(/^[A-Za-z0-9\-._~!$'()*,;:@/?=&%]*$/);
        expect(parseQuery(text, { limits }).filter).toEqual(given);
      }),
      { numRuns: 800 },
    );
  });

  it('printing is canonical: a parsed text is printed the same again', () => {
    fc.assert(
      fc.property(soundFilter, given => {
        const expression = printExpression(given);
        expect(printExpression(parseExpression(expression, { limits }).filter)).toBe(expression);
        const query = printQuery(given);
        expect(printQuery(parseQuery(query, { limits }).filter)).toBe(query);
      }),
      { numRuns: 300 },
    );
  });

  it('query string and expression agree on every flow', () => {
    fc.assert(
      fc.property(soundFilter, flows, (given, list) => {
        const query = compileFilter(parseQuery(printQuery(given), { limits }).filter, options);
        const expression = compileFilter(parseExpression(printExpression(given), { limits }).filter, options);
        for (const each of list) {
          const cursor = new FlowObjectCursor(each);
          expect(query(cursor)).toBe(expression(cursor));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('compiled predicates agree with a simple interpreter', () => {
    fc.assert(
      fc.property(filter, flows, (given, list) => {
        const predicate = compileFilter(given, options);
        for (const each of list) expect(predicate(new FlowObjectCursor(each))).toBe(passes(given, each, now));
      }),
      { numRuns: 2500 },
    );
  });

  it('negation is the exact complement, in the tree and in both syntaxes', () => {
    fc.assert(
      fc.property(soundFilter, flows, (given, list) => {
        const not = negate(given);
        // A contradiction is allowed under `not`, and a fault elsewhere.
        fc.pre(isSound(not));
        const predicate = compileFilter(given, options);
        const others = [
          compileFilter(not, options),
          compileFilter(parseExpression(`not (${printExpression(given)})`, { limits }).filter, options),
          compileFilter(parseQuery(printQuery(not), { limits }).filter, options),
        ];
        for (const each of list) {
          const cursor = new FlowObjectCursor(each);
          const passed = predicate(cursor);
          for (const other of others) expect(other(cursor)).toBe(!passed);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('parsers return filters in normal form, safe for JSON', () => {
    fc.assert(
      fc.property(soundFilter, given => {
        expect(normalize(given)).toEqual(given);
        expect(JSON.parse(JSON.stringify(given))).toEqual(given);
      }),
      { numRuns: 200 },
    );
  });

  const pieces = [
    ...[
      'proto',
      'dport',
      'src',
      'state',
      'mark',
      'unreplied',
      'src-nat',
      'helper',
      'bytes',
      'dprot',
      'pair',
      'private',
    ],
    ...[
      '==',
      '!=',
      '=',
      '>=',
      '<',
      '&',
      '&&',
      '|',
      '||',
      '!',
      '(',
      ')',
      '{',
      '}',
      ',',
      '"',
      '\\',
      '*',
      '%',
      '%zz',
      '%41',
      '+',
    ],
    ...[
      'and',
      'or',
      'not',
      'in',
      'all',
      'exists',
      '.not',
      '.gt',
      '.exists',
      '.foo',
      '..',
      '-',
      '/',
      ':',
      '[',
      ']',
      '~',
    ],
    ...[
      'tcp',
      '80',
      '0x10',
      '010',
      '70000',
      '10.0.0.0/8',
      '10.0.0.5/8',
      '::1',
      '1.2.3.4',
      'ESTABLISHED',
      '1M',
      '5m',
      'filter',
    ],
    ...[' ', '\n', '\t', '\0', 'é', '😀', '\ud800', '\u202e'],
  ];
  const soup = fc
    .array(fc.oneof(fc.constantFrom(...pieces), fc.constant(' ')), { maxLength: 40 })
    .map(all => all.join(''));

  it('any text gives a filter, or faults with their places', () => {
    const read = [parseQuery, parseExpression, parseFilter];
    fc.assert(
      fc.property(fc.oneof(soup, fc.string({ maxLength: 60 }), fc.string({ unit: 'binary', maxLength: 30 })), text => {
        for (const parse of read) {
          let warnings = [];
          try {
            const parsed = parse(text);
            warnings = parsed.warnings;
            compileFilter(parsed.filter);
            expect(parseExpression(printExpression(parsed.filter)).filter).toEqual(parsed.filter);
          } catch (error) {
            if (!(error instanceof FilterError)) throw error;
            expect(error.issues.length).toBeGreaterThan(0);
            warnings = [...error.issues];
          }
          for (const { offset, length, snippet, message } of warnings) {
            expect(offset).toBeGreaterThanOrEqual(0);
            expect(length).toBeGreaterThanOrEqual(0);
            expect(offset + length).toBeLessThanOrEqual(text.length);
            expect(snippet.split('\n')).toHaveLength(2);
            expect(message + snippet.replace('\n', '')).not.toMatch(/[\u0000-\u001f\u202e]/);
          }
        }
      }),
      { numRuns: 2500 },
    );
  });
});
