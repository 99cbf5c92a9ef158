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
    // The middle piece may not reach into the last one, nor back into the first.
    ['ab*bc*cd', ['abbccd', 'abXbcXcd', 'abbcbccd'], ['abcd', 'abccd', 'abbcd']],
    ['*aa*aa*', ['aaaa', 'XaaXaaX'], ['aaa', 'aa']],
    ['a**b', ['ab', 'aXb'], ['a', 'b']],
    ['*', ['', 'x'], []],
    ['"a\\**"', ['a*', 'a*b'], ['a', 'ab']],
  ])('%s passes %j, and not %j', (list, yes, no) => {
    const query = `helper=${list}`;
    expect(yes.filter(helper => passes(query, helper))).toEqual(yes);
    expect(no.filter(helper => passes(query, helper))).toEqual([]);
  });

  it('that is absent passes no test, a star included', () => {
    for (const query of ['helper=*', 'helper=ftp', 'helper=""', 'helper.exists=true'])
      expect(passes(query, undefined)).toBe(false);
  });

  it('exists when it is not empty', () => {
    expect(passes('helper.exists=true', 'ftp')).toBe(true);
    expect(passes('helper.exists=true', '')).toBe(false);
    expect(passes('helper.exists=false', '')).toBe(true);
  });
});

describe('a label', () => {
  const map = new LabelMap('1 staff\n2 guests\n');
  const has = (query: string, labels: (number | string)[] | undefined, options = {}): boolean =>
    compileFilter(parseQuery(query).filter, options)(cursorOf({ labels }));

  it('is found by bit and by name', () => {
    expect(has('label=5', [5])).toBe(true);
    expect(has('label=5', [4])).toBe(false);
    expect(has('label=staff', ['staff'])).toBe(true);
    expect(has('label=staff', ['guests'])).toBe(false);
    expect(has('label=staff,5', [5])).toBe(true);
  });
  it('is found by its bit where the flow has bits and the filter a name, and the other way round, with a map', () => {
    expect(has('label=staff', [1], { labels: map })).toBe(true);
    expect(has('label=staff', [2], { labels: map })).toBe(false);
    expect(has('label=2', ['guests'], { labels: map })).toBe(true);
    expect(has('label=2', ['staff'], { labels: map })).toBe(false);
    expect(has('label=staff', [1])).toBe(false);
  });
  it('without a bit in the map is found by its name alone, and a bit without a name by the bit', () => {
    expect(has('label=visitors', ['visitors'], { labels: map })).toBe(true);
    expect(has('label=visitors', [1, 2, 'staff'], { labels: map })).toBe(false);
    expect(has('label=9', [9], { labels: map })).toBe(true);
    expect(has('label=9', [1, 2, 'staff'], { labels: map })).toBe(false);
  });
  it('exists where there is at least one', () => {
    expect(has('label.exists=true', [0])).toBe(true);
    expect(has('label.exists=true', [])).toBe(false);
    expect(has('label.exists=true', undefined)).toBe(false);
  });
  it('with all: each of them is asked for', () => {
    expect(has('label.all=1,guests', [1, 'guests'])).toBe(true);
    expect(has('label.all=1,guests', [1])).toBe(false);
    expect(has('label.all=1,guests', ['guests'])).toBe(false);
  });
});
