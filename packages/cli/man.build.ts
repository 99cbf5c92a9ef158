// Makes the man pages from the definitions of the verbs. Part of the build.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { manPages } from './src/man/pages.js';

const { version } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8')) as { version: string };
const folder = new URL('dist/man/', import.meta.url);
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
for (const [name, text] of manPages(version)) writeFileSync(new URL(name, folder), text);
