// The page about the architecture names files of the code.
import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const page = readFileSync(new URL('../architecture.md', import.meta.url), 'utf8');
const PACKAGES = new URL('../../../packages/', import.meta.url);

it('every file that the architecture page names exists', () => {
  const files = [...page.matchAll(/`([a-z0-9]+\/src\/[^`]+)`/g)].map(([, file]) => file!);
  expect(files.length).toBeGreaterThan(25);
  expect(files.filter(file => !existsSync(new URL(file, PACKAGES)))).toEqual([]);
});
