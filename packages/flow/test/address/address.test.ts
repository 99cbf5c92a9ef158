import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatIPv4, formatIPv6, parseIPv4, parseIPv6Into } from '../../src/codec.js';
import { compareAddresses, formatAddress, parseAddress } from '../../src/index.js';

const word = fc.integer({ min: 0, max: 0xffffffff });

describe('IPv4', () => {
  it('every IPv4 address survives formatting and parsing', () => {
    fc.assert(fc.property(word, value => void expect(parseIPv4(formatIPv4(value))).toBe(value)));
  });
  it.each([
    '',
    '1',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.',
    '.1.2.3',
    '1..2.3',
    '256.1.1.1',
    '01.2.3.4',
    '1.2.3.4 ',
    '1.2.3.-4',
    'a.b.c.d',
    '1.2.3.4/8',
    '1x2x3x4',
    '1.2.3:4',
    '1.2.3.4.5.6',
  ])('%j is not an IPv4 address', text => expect(parseIPv4(text)).toBe(-1));
});

describe('IPv6', () => {
  it('every IPv6 address survives formatting and parsing', () => {
    const group = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff }));
    fc.assert(
      fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), groups => {
        const words = [0, 2, 4, 6].map(i => groups[i]! * 65536 + groups[i + 1]!) as [number, number, number, number];
        expect(parseAddress(formatIPv6(...words))?.words).toEqual(words);
      }),
    );
  });
  // What glibc's inet_ntop(3), and so conntrack(8), prints for each.
  it.each([
    ['0:0:0:0:0:0:0:0', '::'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0db8:0000:0000:0000:0000:0000:00ff', '2001:db8::ff'],
    ['::ffff:1.2.3.4', '::ffff:1.2.3.4'],
    ['::1:2', '::0.1.0.2'],
    ['1::', '1::'],
    ['FE80::A', 'fe80::a'],
    ['1:2:3:4:5:6:1.2.3.4', '1:2:3:4:5:6:102:304'],
  ])('%s is printed as %s', (text, printed) => expect(formatAddress(parseAddress(text)!)).toBe(printed));
  it.each([
    '',
    ':',
    ':::',
    ':1',
    '1:',
    '1:2',
    '::1::',
    '1::2::3',
    '::1::2',
    '12345::',
    '::00001',
    '::g',
    '::1 ',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    '1::2:3:4:5:6:7:8',
    '1:2:3:4:5:6:7::8',
    '1:2:3:4:5:6:7:1.2.3.4',
    '1.2.3.4::',
    '::1.2.3',
    '::1.2.3.256',
    '::1.2.3.4:5',
    '[::1',
    '::1]',
    '::1%eth0',
    '1::1]',
    '1:::2',
    '::@',
    '::`',
    '::/',
    '1:2:3:4:5:6:7g8',
    '1:2:3:4:5:6:7:8:',
    '1:2:3:4:5:6:7:8:1.2.3.4',
    `${'0'.repeat(44)}::`,
  ])('%j is not an IPv6 address', text => expect(parseAddress(text)).toBeUndefined());
  it.each([
    ['1:2:3:4:5:6:7::', [0x10002, 0x30004, 0x50006, 0x70000]],
    ['::2:3:4:5:6:7:8', [2, 0x30004, 0x50006, 0x70008]],
    ['1:2:3:4:5:6:1.2.3.4', [0x10002, 0x30004, 0x50006, 0x1020304]],
    ['::0.0.0.0', [0, 0, 0, 0]],
    ['ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255', [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff]],
    ['[ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255]', [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff]],
    ['::', [0, 0, 0, 0]],
  ])('%j is an IPv6 address', (text, words) => expect(parseAddress(text)?.words).toEqual(words));
  it.each([
    [[0, 0, 1, 0x1020304], '::1:102:304'],
    [[0, 0, 0xffff, 0x1020304], '::ffff:1.2.3.4'],
    [[0, 0, 0, 0x1020304], '::1.2.3.4'],
    [[0, 0, 0, 1], '::1'],
    [[0, 0, 0, 0], '::'],
    [[1, 0, 0, 0], '0:1::'],
    [[0x10002, 0x30004, 0x50006, 0x70000], '1:2:3:4:5:6:7:0'],
    [[0x10000, 0x30000, 0, 0x70008], '1:0:3::7:8'],
    [[0x10000, 0, 0x50000, 8], '1::5:0:0:8'],
    [[0x10002, 0, 0, 0], '1:2::'],
  ])('%j is an IPv6 address, printed as %s', (words, text) => {
    const [a, b, c, d] = words as [number, number, number, number];
    expect(formatIPv6(a, b, c, d)).toBe(text);
  });
  it('an IPv6 address in brackets is parsed', () => expect(parseAddress('[::1]')?.words).toEqual([0, 0, 0, 1]));
  it('an IPv6 address is parsed within its bounds only, whatever text is around it', () => {
    const words = [7, 7, 7, 7, 7, 7];
    expect(parseIPv6Into(words, 1, 'x::12.3', 1, 4)).toBe(true);
    expect(words).toEqual([7, 0, 0, 0, 1, 7]);
    expect(parseIPv6Into(words, 0, '::1.2.3.4', 0, 3)).toBe(true);
    expect(parseIPv6Into(words, 0, '::1x', 0, 4)).toBe(false);
    expect(parseIPv4('x1.2.3.45', 1, 8)).toBe(0x01020304);
  });
  it('parsing an IPv6 address takes linear time for any text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), text => void parseAddress(text)));
  });
});

describe('order', () => {
  it('IPv4 and IPv6 addresses have one order, with IPv4 at ::ffff:0:0/96', () => {
    expect(compareAddresses(parseAddress('1.2.3.4')!, parseAddress('::ffff:1.2.3.4')!)).toBe(0);
    expect(compareAddresses(parseAddress('9.0.0.0')!, parseAddress('10.0.0.0')!)).toBeLessThan(0);
    expect(compareAddresses(parseAddress('255.255.255.255')!, parseAddress('2001:db8::')!)).toBeLessThan(0);
  });
});
