import { parseAddress } from '@conntrack/flow';
import { ORIGINAL_SRC } from '@conntrack/flow/codec';
import { describe, expect, it } from 'vitest';
import { type AddressCursor, addressTest } from '../../src/compile/address-set.js';
import { type AddressValue, parseQuery, type Test } from '../../src/index.js';
import { addressCursor } from './flows.js';

const valuesOf = (list: string): readonly AddressValue[] =>
  (parseQuery(`src=${list}`).filter as Test).values as readonly AddressValue[];

/** Which of some addresses a list of values matches. */
const held = (list: string, ...addresses: readonly string[]): string[] => {
  const test = addressTest(valuesOf(list));
  return addresses.filter(text => test(addressCursor(text), ORIGINAL_SRC));
};

describe('an address test', () => {
  it.each([
    ['10.0.0.5', ['10.0.0.4', '10.0.0.5', '10.0.0.6', '::a00:5', '::1:ffff:a00:5'], ['10.0.0.5']],
    ['10.0.0.0/30', ['9.255.255.255', '10.0.0.0', '10.0.0.3', '10.0.0.4'], ['10.0.0.0', '10.0.0.3']],
    [
      '10.0.0.9-10.0.1.2',
      ['10.0.0.8', '10.0.0.9', '10.0.0.255', '10.0.1.2', '10.0.1.3'],
      ['10.0.0.9', '10.0.0.255', '10.0.1.2'],
    ],
    [
      '10.0.0.0/8,192.0.2.1,10.1.0.0/16',
      ['10.1.2.3', '10.200.0.1', '192.0.2.1', '192.0.2.2', '11.0.0.0'],
      ['10.1.2.3', '10.200.0.1', '192.0.2.1'],
    ],
    ['0.0.0.0/0', ['0.0.0.0', '255.255.255.255', '::', '::1', 'fe80::ffff:1.2.3.4'], ['0.0.0.0', '255.255.255.255']],
    [
      '2001:db8::/33',
      ['2001:db8::', '2001:db8:7fff:ffff::1', '2001:db8:8000::', '2001:db7:ffff::'],
      ['2001:db8::', '2001:db8:7fff:ffff::1'],
    ],
    [
      '2001:db8::5-2001:db8::1:0:0,fe80::1,2001:db8::3',
      [
        '2001:db8::3',
        '2001:db8::4',
        '2001:db8::5',
        '2001:db8::ffff',
        '2001:db8::1:0:0',
        '2001:db8::1:0:1',
        'fe80::1',
        'fe80::2',
        '2001:db8::',
      ],
      ['2001:db8::3', '2001:db8::5', '2001:db8::ffff', '2001:db8::1:0:0', 'fe80::1'],
    ],
    // An address that begins with a zero word is still IPv6, unless it is IPv4-mapped.
    [
      '::/0',
      ['::', '::1', '::ffff:0:0', '0:0:1:0:0:ffff:1.2.3.4', '1::ffff:1.2.3.4', '1.2.3.4', 'ffff::'],
      ['::', '::1', '0:0:1:0:0:ffff:1.2.3.4', '1::ffff:1.2.3.4', 'ffff::'],
    ],
    [
      'private',
      ['10.9.9.9', '172.16.0.1', '172.32.0.1', '192.168.255.255', 'fd00::1', 'fe00::1', '11.0.0.1'],
      ['10.9.9.9', '172.16.0.1', '192.168.255.255', 'fd00::1'],
    ],
    [
      '10.0.0.1,2001:db8::1,10.0.5.0/255.0.255.0',
      ['10.0.0.1', '10.9.5.9', '2001:db8::1', '10.0.6.1', '2001:db8::2'],
      ['10.0.0.1', '10.9.5.9', '2001:db8::1'],
    ],
  ])('the address test %s of %j is true for %j', (list, addresses, expected) => {
    expect(held(list, ...addresses)).toEqual(expected);
  });

  it('a mask with holes matches addresses of its own family only', () => {
    expect(held('10.0.0.1/255.0.0.255', '10.9.9.1', '10.9.9.2', '::a09:901', '1::ffff:10.9.9.1')).toEqual(['10.9.9.1']);
    expect(held('2001:db8::1/ffff:ffff::ffff', '2001:db8:5::7:1', '2001:db8::2', '2001:db9::1')).toEqual([
      '2001:db8:5::7:1',
    ]);
    // An IPv4 address has the same last word.
    expect(held('::1/::ff', '2001:db8::5:7:1', '2001:db8::5:7:2', '1.2.3.1')).toEqual(['2001:db8::5:7:1']);
  });

  it.each(['10.0.0.1', '0.0.0.0/0', '::/0', '2001:db8::1', '10.0.0.1/255.0.0.255', 'private'])(
    '%s does not match an absent address',
    list => expect(addressTest(valuesOf(list))(addressCursor(undefined), ORIGINAL_SRC)).toBe(false),
  );

  it('an address test reads the requested end', () => {
    const ends: unknown[] = [];
    const cursor: AddressCursor = {
      word: (end, index) => {
        ends.push(end);
        return parseAddress('2001:db8::1')!.words[index];
      },
    };
    expect(addressTest(valuesOf('2001:db8::1'))(cursor, 3)).toBe(true);
    expect(new Set(ends)).toEqual(new Set([3]));
  });
});
