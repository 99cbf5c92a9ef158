import { describe, expect, it } from 'vitest';
import { encode } from '../../src/core/bytes.js';
import { IPv4Cache, WordCache } from '../../src/line/caches.js';

/** Looks words up, each in the middle of other bytes, and counts how often a value was made. */
function lookUp(words: readonly string[]): [meanings: string[], made: number] {
  let made = 0;
  const cache = new WordCache(word => {
    made++;
    return `<${word}>`;
  });
  const meanings = words.map((word, i) => {
    const front = String(i).repeat((i % 3) + 1);
    const bytes = encode(`${front}${word}${i * 7}`);
    return cache.word(bytes, front.length, front.length + encode(word).length);
  });
  return [meanings, made];
}

describe('words that come again', () => {
  it.each<[string[], number]>([
    [['ftp', 'ftp', 'ftp'], 1],
    [['ab', 'cd', 'ab', 'cd', 'ab', 'cd'], 2],
    [['x'.repeat(64), 'x'.repeat(64), 'x'.repeat(64)], 1],
    [['x'.repeat(65), 'x'.repeat(65), 'x'.repeat(65)], 3],
    [['abc', 'abcd', 'abc', 'ab', 'abc', 'abcd'], 3],
    [['a'.repeat(64), `${'a'.repeat(64)}b`, 'a'.repeat(64)], 2],
  ])('the values of the words %j are made %i times', (words, count) => {
    expect(lookUp(words)).toEqual([words.map(word => `<${word}>`), count]);
  });
});

it('a cached address has its text, whatever was cached before', () => {
  const cache = new IPv4Cache();
  for (const [number, text] of [
    [0, '0.0.0.0'],
    [0x0a000001, '10.0.0.1'],
    [0x0a000001, '10.0.0.1'],
    [0xffffffff, '255.255.255.255'],
    [0, '0.0.0.0'],
  ] as const)
    expect(cache.text(number)).toBe(text);
  for (let i = 0; i < 10_000; i++) expect(cache.text(0x0a000000 + i)).toBe(`10.0.${i >> 8}.${i & 255}`);
});
