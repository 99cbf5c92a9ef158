import { describe, expect, it } from 'vitest';
import { splitList, type Token, tokenize } from '../../src/parse/lexer.js';
import { Report } from '../../src/parse/report.js';

const KINDS = ['end', 'sign', 'word', 'string'];
const shown = ({ kind, text, word, start, end, parts }: Token): string =>
  `${start}-${end} ${KINDS[kind]} ${text}${kind === 3 || word === text ? '' : ` (${word})`}${parts === undefined ? '' : ` ${JSON.stringify(parts)}`}`;
const tokens = (text: string, from = 0): string[] => tokenize(text, from, new Report(text, {})).map(shown);
const list = (text: string, from = 0): string[] => splitList(text, from, new Report(text, {})).map(shown);

describe('the tokens of an expression', () => {
  it.each<[string, string[]]>([
    ['', ['0-0 end ']],
    [' \t\r\n\v\f', ['6-6 end ']],
    ['  a  ', ['2-3 word a', '5-5 end ']],
    ['a==b', ['0-1 word a', '1-3 sign ==', '3-4 word b', '4-4 end ']],
    [
      'A && b||!c',
      [
        '0-1 word A (a)',
        '2-4 sign && (and)',
        '5-6 word b',
        '6-8 sign || (or)',
        '8-9 sign ! (not)',
        '9-10 word c',
        '10-10 end ',
      ],
    ],
    [
      '!=!~=~<=>=<>=',
      [
        '0-2 sign !=',
        '2-4 sign !~',
        '4-6 sign =~',
        '6-8 sign <=',
        '8-10 sign >=',
        '10-11 sign <',
        '11-13 sign >=',
        '13-13 end ',
      ],
    ],
    [
      '&|~(){},',
      [
        '0-1 sign &',
        '1-2 sign |',
        '2-3 sign ~',
        '3-4 sign (',
        '4-5 sign )',
        '5-6 sign {',
        '6-7 sign }',
        '7-8 sign ,',
        '8-8 end ',
      ],
    ],
    ['[::1]:80 10.0.0.0/8', ['0-8 word [::1]:80', '9-19 word 10.0.0.0/8', '19-19 end ']],
    ['a"b"c', ['0-1 word a', '1-4 string b', '4-5 word c', '5-5 end ']],
  ])('the tokens of %j are %j', (text, expected) => {
    expect(tokens(text)).toEqual(expected);
  });
  it('tokens are read from the given index', () => {
    expect(tokens('filter=a b', 7)).toEqual(['7-8 word a', '9-10 word b', '10-10 end ']);
  });
});

describe('a string', () => {
  it.each<[string, string]>([
    ['"ab c"', '0-6 string ab c'],
    ['""', '0-2 string '],
    ['"a\\"b"', '0-6 string a"b'],
    ['"a\\\\"', '0-5 string a\\'],
    ['"\\n"', '0-4 string n'],
    ['"a\nb"', '0-5 string a\nb'],
    ['"a*b"', '0-5 string a*b ["a","b"]'],
    ['"*"', '0-3 string * ["",""]'],
    ['"a\\*b*"', '0-7 string a*b* ["a*b",""]'],
    ['"a\\*b"', '0-6 string a*b'],
    ['"(a) and, {b}"', '0-14 string (a) and, {b}'],
  ])('the string %j is %s', (text, expected) => {
    expect(tokens(text)).toEqual([expected, `${text.length}-${text.length} end `]);
    expect(list(text)).toEqual([expected]);
  });
  it.each(['"abc', '"', '"ab\\"', '"ab\\'])('the string %j is never closed: a fault over its whole length', text => {
    const report = new Report(text, {});
    expect(tokenize(text, 0, report)[0]).toMatchObject({ start: 0, end: text.length });
    expect(() => report.finish()).toThrow('this string has no closing quote');
  });
});

describe('the values of a list', () => {
  it.each<[string, string[]]>([
    ['a,b', ['0-1 word a', '2-3 word b']],
    [' a , b c ,', ['1-2 word a', '5-8 word b c', '10-10 word ']],
    ['', ['0-0 word ']],
    [',', ['0-0 word ', '1-1 word ']],
    ['"a,b" , c', ['0-5 string a,b', '8-9 word c']],
    ['a"b,c"', ['0-3 word a"b', '4-6 word c"']],
  ])('the list %j is split into %j', (text, expected) => {
    expect(list(text)).toEqual(expected);
  });
  it('a list is read from the given index', () => {
    expect(list('dport=80,443', 6)).toEqual(['6-8 word 80', '9-12 word 443']);
  });
});
