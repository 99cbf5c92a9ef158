// `pnpm run mutate`: breaks the source in small ways, one at a time, and counts how many of them the tests notice.
//   pnpm run mutate                          every package (hours)
//   pnpm run mutate -- filter                one package
//   pnpm run mutate -- table src/change/plan.ts   files of it
// Reports are written to reports/mutation/. The exit code is 1 if a file scores less than targets.mjs requires.
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { mutateInProcess } from './mutation/in-process.mjs';
import { markdown, recordScores, scoresOf } from './mutation/scores.mjs';
import { mutateWithStryker } from './mutation/stryker.mjs';
import { targets } from './mutation/targets.mjs';

const root = resolve(import.meta.dirname, '..');
const reports = join(root, 'reports/mutation');

/** The `.ts` files that a group's entry names: the file itself, or those in the folder. */
const expand = (folder, { files, except = [] }) =>
  files.flatMap(entry => {
    if (!existsSync(join(folder, entry)))
      throw new Error(`scripts/mutation/targets.mjs names ${entry}, which does not exist in ${folder}`);
    return statSync(join(folder, entry)).isDirectory()
      ? readdirSync(join(folder, entry), { recursive: true })
          .filter(name => name.endsWith('.ts') && !except.includes(name.slice(0, -3)))
          .map(name => join(entry, name))
      : [entry];
  });

async function run(name, group, files) {
  const folder = join(root, 'packages', name);
  const path = join(
    reports,
    `${name}-${files.length === 1 ? basename(files[0], '.ts') : targets[name].indexOf(group)}`,
  );
  mkdirSync(reports, { recursive: true });
  if (group.stryker) return mutateWithStryker(folder, files, group.tests, path);
  const report = await mutateInProcess(folder, files, group.tests);
  writeFileSync(`${path}.json`, JSON.stringify(report));
  return report;
}

const [wanted, ...paths] = process.argv.slice(2).filter(argument => argument !== '--');
if (wanted !== undefined && !(wanted in targets))
  throw new Error(`no files of '${wanted}' are mutated; packages: ${Object.keys(targets).join(', ')}`);
const unknown = new Set(paths);
const scores = [];
for (const name of wanted === undefined ? Object.keys(targets) : [wanted]) {
  for (const group of targets[name]) {
    const all = expand(join(root, 'packages', name), group);
    const files = paths.length === 0 ? all : all.filter(file => paths.includes(file));
    for (const file of files) unknown.delete(file);
    if (files.length === 0) continue;
    const report = await run(name, group, files);
    scores.push(...scoresOf(report).map(file => ({ ...file, name, required: group.score })));
  }
}
if (unknown.size > 0) throw new Error(`not in scripts/mutation/targets.mjs for ${wanted}: ${[...unknown].join(', ')}`);
recordScores(join(reports, 'scores.json'), scores);
console.log(markdown(scores));
if (scores.some(({ score, required }) => score < required)) process.exitCode = 1;
