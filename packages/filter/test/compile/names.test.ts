import { LabelMap } from '@conntrack/flow';
import { describe, expect, it } from 'vitest';
import { compileFilter } from '../../src/compile.js';
import { parseQuery } from '../../src/index.js';
import { cursorOf } from './flows.js';

const passes = (query: string, helper: string | undefined): boolean =>
  compileFilter(parseQuery(query).filter)(cursorOf({ helper }));

describe('a name', () => {
  it.each([
    ['ftp', ['ftp', 'FTP'], ['', 'ftp-1', 'tftp', 'f']],
    ['FTP,"a*b"', ['ftp', 'ab', 'aXb', 'a*b'], ['b', 'a']],
    ['ftp*', ['ftp', 'ftp-21', 'FTP-21'], ['tftp', 'ft', '']],
    ['*ftp', ['ftp', 'tftp'], ['ftp-21', 'tp', '']],
    ['*ftp*', ['ftp', 'xftpx'], ['fxtp', 'ft']],
    ['ab*ba', ['abba', 'abxba', 'abaXba'], ['aba', 'ab', 'ba', 'abb']],
    ['a*b*c', ['abc', 'aXbXc', 'abbc'], ['ac', 'acb', 'bac', 'aXc', 'ab']],
    // The middle piece may overlap neither the last one nor the first.
    ['ab*bc*cd', ['abbccd', 'abXbcXcd', 'abbcbccd'], ['abcd', 'abccd', 'abbcd']],
    ['*aa*aa*', ['aaaa', 'XaaXaaX'], ['aaa', 'aa']],
    ['a**b', ['ab', 'aXb'], ['a', 'b']],
    ['*', ['', 'x'], []],
    ['"a\\**"', ['a*', 'a*b'], ['a', 'ab']],
  ])('the name test %s matches %j, and not %j', (list, yes, no) => {
    const query = `helper=${list}`;
    expect(yes.filter(helper => passes(query, helper))).toEqual(yes);
    expect(no.filter(helper => passes(query, helper))).toEqual([]);
  });

  it('an absent name matches no test, not even a star', () => {
    for (const query of ['helper=*', 'helper=ftp', 'helper=""', 'helper.exists=true'])
      expect(passes(query, undefined)).toBe(false);
  });

  it('a name exists if it is not empty', () => {
    expect(passes('helper.exists=true', 'ftp')).toBe(true);
    expect(passes('helper.exists=true', '')).toBe(false);
    expect(passes('helper.exists=false', '')).toBe(true);
  });
});

describe('a label', () => {
  const map = new LabelMap('1 staff\n2 guests\n');
  const has = (query: string, labels: (number | string)[] | undefined, options = {}): boolean =>
    compileFilter(parseQuery(query).filter, options)(cursorOf({ labels }));

  it('a label is found by bit and by name', () => {
    expect(has('label=5', [5])).toBe(true);
    expect(has('label=5', [4])).toBe(false);
    expect(has('label=staff', ['staff'])).toBe(true);
    expect(has('label=staff', ['guests'])).toBe(false);
    expect(has('label=staff,5', [5])).toBe(true);
  });
  it('with a map, a label is found if the flow has its bit and the filter its name, or the other way round', () => {
    expect(has('label=staff', [1], { labels: map })).toBe(true);
    expect(has('label=staff', [2], { labels: map })).toBe(false);
    expect(has('label=2', ['guests'], { labels: map })).toBe(true);
    expect(has('label=2', ['staff'], { labels: map })).toBe(false);
    expect(has('label=staff', [1])).toBe(false);
  });
  it('a label without a bit in the map is found by name only, and a bit without a name by bit only', () => {
    expect(has('label=visitors', ['visitors'], { labels: map })).toBe(true);
    expect(has('label=visitors', [1, 2, 'staff'], { labels: map })).toBe(false);
    expect(has('label=9', [9], { labels: map })).toBe(true);
    expect(has('label=9', [1, 2, 'staff'], { labels: map })).toBe(false);
  });
  it('label.exists is true if at least one label is set', () => {
    expect(has('label.exists=true', [0])).toBe(true);
    expect(has('label.exists=true', [])).toBe(false);
    expect(has('label.exists=true', undefined)).toBe(false);
  });
  it('label.all is true if each of the labels is set', () => {
    expect(has('label.all=1,guests', [1, 'guests'])).toBe(true);
    expect(has('label.all=1,guests', [1])).toBe(false);
    expect(has('label.all=1,guests', ['guests'])).toBe(false);
  });
});
