// `pnpm run prose`: looks for words that this project does not use in text for people (scripts/prose/words.mjs), in sources, tests and documentation.
//   pnpm run prose                 every place, and exit code 1 if there is one
//   pnpm run prose packages/api    below a folder
//   pnpm run prose --messages      instead: every sentence that a program prints, with its place, to be read
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { piecesOf } from './prose/read.mjs';
import { openings, retired } from './prose/words.mjs';

const root = resolve(import.meta.dirname, '..');
const words = process.argv.slice(2).filter(word => word !== '--');
const messages = words.includes('--messages');
const folders = words.filter(word => !word.startsWith('--'));
const wanted = messages ? ['packages/*/src/**/*.ts'] : ['*.md', '*.ts', '*.mjs', '*.vue'];

const files = execFileSync('git', ['ls-files', '--', ...wanted.map(pattern => `:(glob)**/${pattern}`)], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter(
    name =>
      name !== '' &&
      !name.startsWith('scripts/prose/') &&
      !name.endsWith('.vue') &&
      (folders.length === 0 || folders.some(folder => name.startsWith(folder.replace(/\/*$/, '/')))),
  );

/** A sentence, and not a name, a format or a piece of one. */
const isSentence = text => /[a-z]{2,}[ ,][^ ]* ?[a-z]{2,}/i.test(text) && text.split(' ').length > 3;

let found = 0;
for (const name of files) {
  for (const { line, kind, text, role } of piecesOf(name, readFileSync(resolve(root, name), 'utf8'))) {
    if (messages) {
      if (kind !== 'string' || !isSentence(text)) continue;
      found++;
      console.log(`${name}:${line}${role === undefined ? '' : ` [${role}]`}: ${text.replace(/\s*\n\s*/g, ' ')}`);
      continue;
    }
    if (kind === 'string' && !text.includes(' ')) continue;
    const rules = kind === 'tsdoc' ? [...retired, ...openings] : retired;
    for (const [pattern, instead] of rules) {
      const hit = new RegExp(pattern.source, 'i').exec(text);
      if (hit === null) continue;
      found++;
      console.log(`${name}:${line}: '${hit[0]}' → ${instead}`);
    }
  }
}
console.log(messages ? `${found} sentences` : `${found} places to reword`);
if (!messages && found > 0) process.exitCode = 1;
