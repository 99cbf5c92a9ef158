import { expect, it } from 'vitest';
import { formatKey, readKey } from '../../src/core/gre-key.js';

it('a GRE key is read as it is printed: in hexadecimal, without leading zeros', () => {
  const texts = ['0x0', '0x1', '0xa', '0x1f', '0xffff'];
  expect(texts.map(readKey)).toEqual([0, 1, 10, 31, 65535]);
  expect(texts.map(readKey).map(formatKey)).toEqual(texts);
});

it.each(['', '0', '5', '0x', '0x01', '0x00', '0x10000', '0x1g', 'x0x1', '0x1 ', '0xA', '-0x1'])(
  '%j is not a GRE key',
  text => {
    expect(readKey(text)).toBe(-1);
  },
);
