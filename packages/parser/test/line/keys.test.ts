import { describe, expect, it } from 'vitest';
import { encode } from '../../src/core/bytes.js';
import { KEYS, keyAt } from '../../src/line/keys.js';

const find = (text: string) => {
  const bytes = encode(text);
  return keyAt(bytes, 0, bytes.length)?.name;
};

describe('keyAt', () => {
  it('keyAt finds every key of the table', () => {
    for (const { name } of KEYS) expect(find(`${name}=1`)).toBe(name);
  });

  it('keyAt does not look beyond the line', () => {
    const bytes = encode('xx mark=1');
    expect(keyAt(bytes, 3, 8)?.name).toBe('mark');
    expect(keyAt(bytes, 3, 7)).toBeUndefined();
    expect(KEYS.filter(({ kind }) => kind !== 'number').map(({ name, kind }) => [name, kind])).toEqual([
      ['src', 'src'],
      ['dst', 'dst'],
      ['secctx', 'text'],
      ['helper', 'text'],
      ['labels', 'text'],
      ['progname', 'text'],
    ]);
  });

  it.each(['', '=', 'm=', 'mark', 'mark =1', 'marc=1', 'Mark=1', 'zone-origin=1', 'stream_timeout=1', '[mark=1'])(
    'keyAt finds no key in %j',
    text => {
      expect(find(text)).toBeUndefined();
    },
  );
});
