// `pnpm run prose`: checks the text for people in sources, tests and documentation. It looks for words that this project does not use
// (scripts/prose/words.mjs), and for entry points and exports without TSDoc (scripts/prose/entry-points.mjs).
//   pnpm run prose                 prints every place, and ends with exit code 1 if there is one
//   pnpm run prose packages/api    only files below a folder
//   pnpm run prose --messages      prints every sentence that a program prints, with its place, for a person to read
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { faultsOfEntryPoints } from './prose/entry-points.mjs';
import { piecesOf } from './prose/read.mjs';
import { openings, retired } from './prose/words.mjs';

const root = resolve(import.meta.dirname, '..');
const words = process.argv.slice(2).filter(word => word !== '--');
const messages = words.includes('--messages');
const folders = words.filter(word => !word.startsWith('--')).map(folder => folder.replace(/\/*$/, '/'));
const patterns = messages ? ['packages/*/src/**/*.ts'] : ['*.md', '*.ts', '*.mjs'];

/** Whether a file or folder is to be checked. */
const isWanted = name => folders.length === 0 || folders.some(folder => name.startsWith(folder));

const files = execFileSync('git', ['ls-files', '--', ...patterns.map(pattern => `:(glob)**/${pattern}`)], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter(
    name => name !== '' && !name.startsWith('scripts/prose/') && existsSync(resolve(root, name)) && isWanted(name),
  );

/** Whether a string is a sentence, and not a name, a format or a part of one. */
const isSentence = text => /[a-z]{2,}[ ,][^ ]* ?[a-z]{2,}/i.test(text) && text.split(' ').length > 3;

let found = 0;
const report = (place, text) => {
  found++;
  console.log(`${place}: ${text}`);
};

for (const name of files) {
  for (const { line, kind, text, role } of piecesOf(name, readFileSync(resolve(root, name), 'utf8'))) {
    const place = `${name}:${line}`;
    if (messages) {
      if (kind === 'string' && isSentence(text))
        report(role === undefined ? place : `${place} [${role}]`, text.replace(/\s*\n\s*/g, ' '));
      continue;
    }
    if (kind === 'string' && !text.includes(' ')) continue;
    for (const [pattern, instead] of kind === 'tsdoc' ? [...retired, ...openings] : retired) {
      const hit = new RegExp(pattern.source, 'i').exec(text);
      if (hit !== null) report(place, `'${hit[0]}' → ${instead}`);
    }
  }
}
if (!messages)
  for (const name of readdirSync(resolve(root, 'packages')).map(each => `packages/${each}/`))
    if (isWanted(name))
      for (const { file, line, message } of faultsOfEntryPoints(root, name)) report(`${file}:${line}`, message);

console.log(messages ? `${found} sentences` : `${found} places to reword`);
if (!messages && found > 0) process.exitCode = 1;
