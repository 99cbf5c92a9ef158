import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { compiledName, scriptOf } from '../src/compiled.js';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const file = join(dist, 'conntrack8.cjs');

test('what the build has compiled fits the file and this V8', () => {
  expect(existsSync(compiledName(file))).toBe(true);
  expect(scriptOf(file, readFileSync(compiledName(file))).cachedDataRejected).toBe(false);
});

test('the file is ASCII, as it is read', () => {
  expect(readFileSync(file).every(byte => byte < 128)).toBe(true);
});

test('without it, with that of another V8 and with damaged one the program runs all the same', () => {
  const folder = mkdtempSync(join(tmpdir(), 'compiled-'));
  for (const name of ['ctctl.cjs', 'conntrack8.cjs']) copyFileSync(join(dist, name), join(folder, name));
  symlinkSync(join(folder, 'ctctl.cjs'), join(folder, 'conntrack'));
  const version = () => spawnSync(process.execPath, [join(folder, 'conntrack'), '-V'], { encoding: 'utf8' });
  const right = { status: 0, stdout: 'conntrack v1.4.7 (conntrack-tools)\n', stderr: '' };
  expect(version()).toMatchObject(right);
  const copy = compiledName(join(folder, 'conntrack8.cjs'));
  for (const bytes of [
    Buffer.alloc(0),
    Buffer.from('another V8'),
    readFileSync(compiledName(file)).subarray(0, 5000),
  ]) {
    writeFileSync(copy, bytes);
    expect(version()).toMatchObject(right);
  }
  rmSync(folder, { recursive: true });
});

test('a copy of the program alone says that a link is needed: code 1, no stack', () => {
  const folder = mkdtempSync(join(tmpdir(), 'copied-'));
  for (const name of ['conntrack', 'ctctl']) {
    const copy = join(folder, name);
    copyFileSync(join(dist, 'ctctl.cjs'), copy);
    for (const argv of [['-V'], ['-L'], ['list'], ['--version']]) {
      const { status, stdout, stderr } = spawnSync(process.execPath, [copy, ...argv], { encoding: 'utf8' });
      expect([status, stdout]).toEqual([1, '']);
      expect(stderr).toMatch(new RegExp(`^${name}: ${copy} is a copy of one file .* ln -sf .* ${copy}\n$`));
    }
  }
  rmSync(folder, { recursive: true });
});
