import { describe, expect, it } from 'vitest';
import { joinList, nearest, orList } from '../../src/options/suggest.js';

describe('the nearest of some words', () => {
  it.each<[word: string, of: string[], nearest: string[]]>([
    ['dprot', ['dport', 'sport', 'proto'], ['dport', 'sport']],
    ['DPROT', ['dport'], ['dport']],
    ['dprot', ['DPORT'], ['DPORT']],
    ['dport', ['sport', 'dport'], ['dport', 'sport']],
    // One letter more, one less, another one, two swapped.
    ['stat', ['state'], ['state']],
    ['statee', ['state'], ['state']],
    ['stete', ['state'], ['state']],
    ['satte', ['state'], ['state']],
    // Two mistakes in a word of four or more letters, one in a shorter one.
    ['xxate', ['state'], ['state']],
    ['xxxte', ['state'], []],
    ['tsaet', ['state'], ['state']],
    ['xxrk', ['mark'], ['mark']],
    ['ixd', ['id'], ['id']],
    ['ixy', ['id'], []],
    ['abc', ['axy'], []],
    // The beginning of a word is nearer than a typing mistake; a single letter begins too many words.
    ['lab', ['lxb', 'labels'], ['labels', 'lxb']],
    ['l', ['labels'], []],
    ['establ', ['ESTABLISHED'], ['ESTABLISHED']],
    // At most two, the nearest first, in the given order.
    ['abcd', ['abcx', 'abcy', 'abcz'], ['abcx', 'abcy']],
    ['abcd', ['abxy', 'abcx'], ['abcx', 'abxy']],
    ['', ['id', 'a'], ['a']],
    ['a'.repeat(32), [`${'a'.repeat(31)}b`], [`${'a'.repeat(31)}b`]],
    ['a'.repeat(33), ['a'.repeat(33)], []],
  ])('the nearest words to %s among %j are %j', (word, words, wanted) => {
    expect(nearest(word, words)).toEqual(wanted);
  });
});

it('a list of words is joined to a phrase', () => {
  expect([joinList([]), joinList(['a']), joinList(['a', 'b']), joinList(['a', 'b', 'c'], 'and')]).toEqual([
    '',
    'a',
    'a or b',
    'a, b and c',
  ]);
  expect(orList(['a', 'b'])).toBe("'a' or 'b'");
});
