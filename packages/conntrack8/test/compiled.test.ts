import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { compiledName, scriptOf } from '../src/compiled.js';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const script = fileURLToPath(new URL('../scripts/compile.mjs', import.meta.url));

/** The package's program and its script in a folder of their own. */
function copyOfPackage(): { folder: string; program: string } {
  const folder = mkdtempSync(join(tmpdir(), 'compiled-'));
  cpSync(dist, join(folder, 'dist'), { recursive: true, filter: file => !file.endsWith('.map') });
  cpSync(script, join(folder, 'scripts/compile.mjs'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  symlinkSync(join(folder, 'dist/conntrack.cjs'), join(folder, 'conntrack'));
  return { folder, program: join(folder, 'dist/process.cjs') };
}

test('the build compiles nothing for one version of Node', () => {
  expect(readdirSync(dist).filter(name => name.includes('v8-'))).toEqual([]);
});

test('the program is ASCII, as it is read', () => {
  expect(readFileSync(join(dist, 'process.cjs')).every(byte => byte < 128)).toBe(true);
});

test('what the script compiles fits this V8; without it, with that of another V8 and with a damaged one the program runs as well', () => {
  const { folder, program } = copyOfPackage();
  const version = () => spawnSync(process.execPath, [join(folder, 'conntrack'), '-V'], { encoding: 'utf8' });
  const right = { status: 0, stdout: 'conntrack v1.4.7 (conntrack-tools)\n', stderr: '' };
  expect(version()).toMatchObject(right);
  // In a network namespace of its own, where there is no entry: nothing of this machine is read.
  expect(spawnSync('unshare', ['-n', process.execPath, join(folder, 'scripts/compile.mjs')]).status).toBe(0);
  const compiled = readFileSync(compiledName(program));
  expect(scriptOf(program, compiled).cachedDataRejected).toBe(false);
  for (const bytes of [compiled, Buffer.alloc(0), Buffer.from('another V8'), compiled.subarray(0, 5000)]) {
    writeFileSync(compiledName(program), bytes);
    expect(version()).toMatchObject(right);
  }
  rmSync(folder, { recursive: true });
});

test('a copy of the program alone says that a link is needed: code 1, no stack', () => {
  const folder = mkdtempSync(join(tmpdir(), 'copied-'));
  const copy = join(folder, 'conntrack');
  copyFileSync(join(dist, 'conntrack.cjs'), copy);
  for (const argv of [['-V'], ['-L'], ['list'], ['--version']]) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [copy, ...argv], { encoding: 'utf8' });
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(new RegExp(`^conntrack: ${copy} is a copy of one file .* ln -sf .* ${copy}\n$`));
  }
  rmSync(folder, { recursive: true });
});
