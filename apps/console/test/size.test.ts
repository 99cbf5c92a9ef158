import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { beforeAll, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const file = (name: string): Buffer => readFileSync(`${root}/dist/${name}`);

beforeAll(() => {
  execFileSync(process.execPath, ['build.mjs'], { cwd: root });
});

it('the console is at most 90 kB gzipped in all', () => {
  const sizes = ['index.html', 'app.js', 'style.css'].map(name => gzipSync(file(name), { level: 9 }).length);
  expect(sizes.reduce((sum, size) => sum + size)).toBeLessThanOrEqual(90_000);
});

it('the console evaluates no text as code or markup, and names no other host', () => {
  const code = file('app.js').toString();
  expect(code).not.toMatch(/\beval\(|new Function|document\.write|insertAdjacentHTML/);
  // Preact knows the names of XML and SVG by their URLs, and requests none of them.
  const hosts = [...code.matchAll(/https?:\/\/[\w.-]+/g)].map(([url]) => url);
  expect(hosts.filter(url => url !== 'http://www.w3.org')).toEqual([]);
  expect(file('style.css').toString()).not.toMatch(/@import|url\((?!data:)/);
});
