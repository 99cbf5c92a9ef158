import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { installed, NAMES } from './install.js';
import { typeErrors } from './types.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const PAGES = [
  'README.md',
  ...readdirSync(join(root, 'packages')).map(name => `packages/${name}/README.md`),
  ...readdirSync(join(root, 'apps/docs'))
    .filter(name => name.endsWith('.md'))
    .map(name => `apps/docs/${name}`),
];

const folder = installed(NAMES);
afterAll(() => rmSync(folder, { recursive: true }));

/** The programs of a page, on the lines where they stand in it. A block without imports continues the block before. */
function programsOf(page: string): string[] {
  const programs: string[] = [];
  for (const { index, 1: code = '' } of page.matchAll(/(?<=^ *```ts\n)(.*?)(?=^ *```)/gms)) {
    const before = code.startsWith('import ') ? '' : (programs.pop() ?? '');
    programs.push(before + '\n'.repeat(lines(page.slice(0, index)) - lines(before)) + code);
  }
  return programs;
}

const lines = (text: string): number => text.split('\n').length - 1;

test('the code of every README and of the docs compiles against the packed packages, in strict mode, with library checks', () => {
  const files = PAGES.flatMap(page => {
    mkdirSync(join(folder, dirname(page)), { recursive: true });
    return programsOf(readFileSync(join(root, page), 'utf8')).map((program, i) => {
      const file = `${page}.${i + 1}.ts`;
      writeFileSync(join(folder, file), program);
      return file;
    });
  });
  const published = ['README.md', ...NAMES.map(name => `packages/${name}/README.md`)];
  expect(published.filter(page => !files.includes(`${page}.1.ts`))).toEqual([]);
  expect(typeErrors(folder, files, 'nodenext', 'nodenext')).toBe('');
});
