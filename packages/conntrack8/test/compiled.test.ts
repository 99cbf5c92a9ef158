import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { codeFolder } from '../src/compiled.js';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const isRoot = process.geteuid?.() === 0;
const NOBODY = 65534;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'compiled-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** The exports of a file that is loaded with the code in `cache`, in a process of its own. */
function loaded(file: string, cache: string): string {
  const script = `import { createRequire } from 'node:module';
    import { load } from ${JSON.stringify(join(dist, 'compiled.js'))};
    const file = ${JSON.stringify(file)};
    process.stdout.write(load(file, 'try', { CONNTRACK_CODE_CACHE: ${JSON.stringify(cache)} }, createRequire(file)));`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  expect(stderr).toBe('');
  return stdout;
}

const program = (text: string): string => {
  const file = join(folder, 'program.cjs');
  writeFileSync(file, `module.exports = '${text}';`);
  return file;
};

/** Stores code that says "wrong" for a file that says "right". V8 only checks the length of the source, and runs it. */
function wrongCode(): { file: string; cache: string; kept: string } {
  const cache = join(folder, 'cache');
  const file = program('wrong');
  loaded(file, cache);
  const [old] = readdirSync(cache);
  const wrong = readFileSync(join(cache, old!));
  rmSync(cache, { recursive: true });
  loaded(program('right'), cache);
  const kept = join(cache, readdirSync(cache)[0]!);
  writeFileSync(kept, wrong);
  return { file, cache, kept };
}

test('the first run of a command stores the code that V8 compiled, and the next run uses it', () => {
  const { file, cache, kept } = wrongCode();
  expect(statSync(cache).mode & 0o777).toBe(0o700);
  expect(statSync(kept).mode & 0o777).toBe(0o600);
  // A wrong result proves that the stored code is used.
  expect(loaded(file, cache)).toBe('wrong');
});

test('a file that was written again is compiled again', () => {
  const cache = join(folder, 'cache');
  expect(loaded(program('first'), cache)).toBe('first');
  expect(loaded(program('other'), cache)).toBe('other');
});

test('of each command the code of three builds is kept, and no code that was stored ninety days ago', () => {
  const cache = join(folder, 'cache');
  const hourAgo = Date.now() / 1000 - 3600;
  for (const [i, text] of ['one', 'two', 'three', 'four', 'five'].entries()) {
    loaded(program(text), cache);
    for (const name of readdirSync(cache)) {
      const path = join(cache, name);
      if (statSync(path).mtimeMs > (hourAgo + 1800) * 1000) utimesSync(path, hourAgo + i, hourAgo + i);
    }
  }
  const builds = readdirSync(cache);
  expect(builds).toHaveLength(3);
  const other = [builds[0]!.replace('-try-', '-other-'), builds[0]!.replace('program', 'former')] as const;
  for (const name of [...other, 'notes']) writeFileSync(join(cache, name), '');
  for (const name of [other[1], 'notes', builds[1]!]) utimesSync(join(cache, name), 0, 0);
  loaded(program('six!'), cache);
  const now = readdirSync(cache);
  expect(now.filter(name => name.startsWith('program.cjs-try-'))).toHaveLength(3);
  // What is newer than all others, of another command, or no code is kept.
  expect(now).toEqual(expect.arrayContaining([other[0], 'notes']));
  expect(now).not.toContain(builds[1]);
  expect(now).not.toContain(other[1]);
});

test.runIf(isRoot)('stored code of another user is not run', () => {
  const { file, cache, kept } = wrongCode();
  chownSync(kept, NOBODY, NOBODY);
  expect(loaded(file, cache)).toBe('right');
});

test.each(['620', '602', '666'])('stored code that other users can write (mode %s) is not run', mode => {
  const { file, cache, kept } = wrongCode();
  chmodSync(kept, Number.parseInt(mode, 8));
  expect(loaded(file, cache)).toBe('right');
});

test('stored code behind a symbolic link is not run', () => {
  const { file, cache, kept } = wrongCode();
  renameSync(kept, join(folder, 'elsewhere'));
  symlinkSync(join(folder, 'elsewhere'), kept);
  expect(loaded(file, cache)).toBe('right');
});

test('a folder instead of the code, or a file instead of the folder, changes nothing', () => {
  const { file, cache, kept } = wrongCode();
  rmSync(kept);
  mkdirSync(kept);
  expect(loaded(file, cache)).toBe('right');
  writeFileSync(join(folder, 'file'), '');
  expect(loaded(file, join(folder, 'file'))).toBe('right');
  expect(loaded(file, join(folder, 'file/below'))).toBe('right');
});

test('conntrack runs with stored code, without it, and with truncated, empty or foreign code, which is replaced', () => {
  const cache = join(folder, 'cache');
  const version = () =>
    spawnSync(process.execPath, [join(dist, 'conntrack.cjs'), '-V'], {
      encoding: 'utf8',
      env: { ...process.env, CONNTRACK_CODE_CACHE: cache },
    });
  const right = { status: 0, stdout: 'conntrack v1.4.7 (conntrack-tools)\n', stderr: '' };
  expect(version()).toMatchObject(right);
  expect(readdirSync(cache)).toEqual([expect.stringMatching(/^process\.cjs-V-.*-v8-/)]);
  const kept = join(cache, readdirSync(cache)[0]!);
  const compiled = readFileSync(kept);
  expect(version()).toMatchObject(right);
  for (const bytes of [Buffer.alloc(0), Buffer.from('another V8'), compiled.subarray(0, 5000), Buffer.alloc(5000)]) {
    writeFileSync(kept, bytes);
    expect(version()).toMatchObject(right);
    expect(statSync(kept).size).toBeGreaterThan(5000);
  }
  expect(readdirSync(cache)).toHaveLength(1);
});

test("the code cache is CONNTRACK_CODE_CACHE, otherwise below XDG_CACHE_HOME, otherwise below this user's home", () => {
  expect(codeFolder({ HOME: folder })).toBe(join(folder, '.cache/conntrack'));
  expect(codeFolder({ HOME: folder, XDG_CACHE_HOME: '/var/cache/me' })).toBe('/var/cache/me/conntrack');
  expect(codeFolder({ HOME: folder, XDG_CACHE_HOME: 'relative' })).toBe(join(folder, '.cache/conntrack'));
  expect(codeFolder({ HOME: folder, CONNTRACK_CODE_CACHE: '/elsewhere' })).toBe('/elsewhere');
});

test('no code is stored if CONNTRACK_CODE_CACHE is a relative path, without a home, and in a home that does not exist', () => {
  expect(codeFolder({ HOME: folder, CONNTRACK_CODE_CACHE: 'off' })).toBeUndefined();
  expect(codeFolder({ HOME: folder, CONNTRACK_CODE_CACHE: '' })).toBeUndefined();
  expect(codeFolder({})).toBeUndefined();
  expect(codeFolder({ HOME: join(folder, 'none') })).toBeUndefined();
});

test.runIf(isRoot)('no code is stored in the home of another user, which can be in HOME with sudo', () => {
  chownSync(folder, NOBODY, NOBODY);
  expect(codeFolder({ HOME: folder })).toBeUndefined();
  expect(existsSync(join(folder, '.cache'))).toBe(false);
});

test("the program's file is ASCII, because it is read as such", () => {
  expect(readFileSync(join(dist, 'process.cjs')).every(byte => byte < 128)).toBe(true);
});

test("a copy of the program's file says that a link is needed, with code 1 and without a stack", () => {
  const copy = join(folder, 'conntrack');
  copyFileSync(join(dist, 'conntrack.cjs'), copy);
  for (const argv of [['-V'], ['-L'], ['list'], ['--version']]) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [copy, ...argv], { encoding: 'utf8' });
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(new RegExp(`^conntrack: ${copy} is a copy of one file .* ln -sf .* ${copy}\n$`));
  }
});
