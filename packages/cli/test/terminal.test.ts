import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { isUnicode, terminalOf } from '../src/terminal/terminal.js';

const stream = (more: object = {}) => Object.assign(new PassThrough(), more);
const tty = stream({ isTTY: true, columns: 100, rows: 30 });

describe('what a terminal can show', () => {
  it('the size is that of the terminal, and a pipe has none', () => {
    expect(terminalOf({ stdout: tty, env: {} })).toMatchObject({ isTerminal: true, columns: 100, rows: 30 });
    expect(terminalOf({ stdout: stream({ isTTY: true }), env: {} })).toMatchObject({ columns: 80, rows: 24 });
    expect(terminalOf({ stdout: stream(), env: {} })).toMatchObject({ isTerminal: false, columns: undefined });
  });

  it.each([
    [true, {}, undefined, true],
    [false, {}, undefined, false],
    [true, { NO_COLOR: '1' }, undefined, false],
    [true, { NO_COLOR: '' }, undefined, true],
    [true, { TERM: 'dumb' }, undefined, false],
    [true, {}, false, false],
    [true, {}, 'never', false],
    [false, { NO_COLOR: '1' }, 'always', true],
    [false, {}, 'auto', false],
  ])('terminal %j, environment %j, --color %j: colors %j', (isTTY, env, color, expected) => {
    const { colors } = terminalOf({ stdout: isTTY ? tty : stream(), env }, color === undefined ? {} : { color });
    expect(colors.red('x')).toBe(expected ? '\u001b[31mx\u001b[39m' : 'x');
  });

  it('another value of --color is an error', () =>
    expect(() => terminalOf({ stdout: tty, env: {} }, { color: 'yes' })).toThrow(
      "--color: must be auto, always or never, got 'yes'",
    ));

  it.each([
    [{ LANG: 'en_US.UTF-8' }, true],
    [{ LANG: 'C.utf8' }, true],
    [{ LANG: 'C' }, false],
    [{}, false],
    [{ LANG: 'en_US.UTF-8', LC_ALL: 'C' }, false],
    [{ LANG: 'C', LC_CTYPE: 'C.UTF-8' }, true],
  ])('the locale %j: Unicode %j', (env, expected) => expect(isUnicode(env)).toBe(expected));
});
