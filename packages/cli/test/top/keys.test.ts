import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Key, KeyReader } from '../../src/top/keys.js';

const read = (...pieces: string[]): (string | undefined)[] => {
  const reader = new KeyReader();
  return pieces.flatMap(piece => reader.read(piece)).map(key => ('name' in key ? key.name : `pasted ${key.pasted}`));
};

describe('the keys of a terminal', () => {
  it.each([
    ['a', ['a']],
    ['\x1b[A\x1bOB', ['up', 'down']],
    ['\x1b[5~\x1b[6~\x1b[3~', ['pageup', 'pagedown', 'delete']],
    ['\r\t\x7f ', ['enter', 'tab', 'backspace', 'space']],
    ['\x03\x1a\x15', ['ctrl-c', 'ctrl-z', 'ctrl-u']],
    ['\x1b[1;5C', ['unknown']],
    ['ü→', ['ü', '→']],
    ['\x1b[200~q d\ny\x1b[201~x', ['pasted q d\ny', 'x']],
    ['\x1b\x1b[A', ['escape', 'up']],
  ])('%j is read as %j', (text, names) => expect(read(text)).toEqual(names));

  it('a sequence that comes in pieces is one key', () => {
    expect(read('\x1b', '[', 'A', 'q')).toEqual(['up', 'q']);
    expect(read('\x1b[20', '0~ab', 'c\x1b[20', '1~')).toEqual(['pasted abc']);
  });

  it('an Escape alone waits, and is a key when nothing follows', () => {
    const reader = new KeyReader();
    expect([reader.read('\x1b'), reader.pending]).toEqual([[], true]);
    expect([reader.flush(), reader.pending]).toEqual([[{ name: 'escape' } satisfies Key], false]);
  });

  it('any text is read to its end, however it is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), pieces => {
        const reader = new KeyReader();
        for (const piece of pieces) reader.read(piece);
        const waiting = reader.flush();
        expect(waiting.length).toBeLessThanOrEqual(1);
        expect(reader.read('z').map(key => 'name' in key && key.name)).toEqual(['z']);
      }),
    );
  });
});
