import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatPrefix, hasHostBits, ipv4, networkOf } from '../../src/codec.js';
import { type Prefix, parseAddress, parsePrefix, prefixContains } from '../../src/index.js';

const prefix = (text: string): Prefix => {
  const parsed = parsePrefix(text);
  if (parsed === undefined) throw new Error(`${text} is not a prefix`);
  return parsed;
};

describe('prefixes', () => {
  it.each([
    ['10.0.0.0/8', '10.255.255.255', true],
    ['10.0.0.0/8', '11.0.0.0', false],
    ['0.0.0.0/0', '1.2.3.4', true],
    ['0.0.0.0/0', '2001:db8::1', false],
    ['0.0.0.0/0', '::ffff:1.2.3.4', true],
    ['::/0', '1.2.3.4', false],
    ['::/0', '2001:db8::1', true],
    ['2001:db8::/32', '2001:db8:ffff::', true],
    ['2001:db8::/33', '2001:db8:8000::', false],
    ['::ffff:0:0/96', '1.2.3.4', true],
    ['1.2.3.4', '1.2.3.4', true],
    ['1.2.3.4', '1.2.3.5', false],
  ])('the prefix %s contains %s: %s', (text, address, inside) =>
    expect(prefixContains(prefix(text), parseAddress(address)!)).toBe(inside),
  );
  it('host bits of a prefix are detected and removed', () => {
    expect(hasHostBits(prefix('10.0.0.5/8'))).toBe(true);
    expect(formatPrefix(networkOf(prefix('10.0.0.5/8')))).toBe('10.0.0.0/8');
    expect(hasHostBits(prefix('10.0.0.0/8'))).toBe(false);
  });
  it.each(['10.0.0.0/33', '10.0.0.0/', '10.0.0.0/-1', '10.0.0.0/08', '::/129', '10.0.0/8', '/8'])(
    '%j is not a prefix',
    text => expect(parsePrefix(text)).toBeUndefined(),
  );
  it('IPv4 prefixes agree with arithmetic', () => {
    const word = fc.integer({ min: 0, max: 0xffffffff });
    fc.assert(
      fc.property(word, word, fc.integer({ min: 0, max: 32 }), (network, address, length) => {
        const size = 2 ** (32 - length);
        expect(prefixContains({ address: ipv4(network), length }, ipv4(address))).toBe(
          Math.floor(network / size) === Math.floor(address / size),
        );
      }),
    );
  });
});
