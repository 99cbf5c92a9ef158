// `pnpm run mutate`: breaks the source in small ways, one at a time, and counts how many of them the tests notice.
//   pnpm run mutate                          every package (hours)
//   pnpm run mutate -- table                 one package
//   pnpm run mutate -- table src/change/plan.ts   files of it
// Reports (HTML and JSON) are written to reports/mutation/. The exit code is 1 if a file scores less than targets.mjs requires.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { markdown, recordScores, scoresOf } from './mutation/scores.mjs';
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

/** Stryker copies the package into `.stryker/packages/<sandbox>`: files that it refers to by `../..` must exist there too. */
function mirror() {
  const packages = join(root, '.stryker/packages');
  mkdirSync(packages, { recursive: true });
  const link = (from, to) => existsSync(to) || symlinkSync(from, to);
  for (const name of readdirSync(root))
    if (!['.git', '.stryker', 'packages', 'reports'].includes(name))
      link(join(root, name), join(root, '.stryker', name));
  for (const name of readdirSync(join(root, 'packages'))) link(join(root, 'packages', name), join(packages, name));
}

function run(name, group, files) {
  const folder = join(root, 'packages', name);
  const report = join(
    reports,
    `${name}-${files.length === 1 ? basename(files[0], '.ts') : targets[name].indexOf(group)}`,
  );
  const config = {
    testRunner: 'vitest',
    plugins: ['@stryker-mutator/vitest-runner'],
    mutate: files,
    vitest: { configFile: 'vitest.config.ts', related: false },
    tempDirName: '../../.stryker/packages',
    cleanTempDir: 'always',
    // In the copy, tsconfig.json is correct as it is. Stryker would rewrite what it extends, so it is not given the file.
    tsconfigFile: 'none',
    // Other tests are left out of the copy. (With Stryker's own `testFiles`, mutants of code that runs at import never run.)
    ignorePatterns: ['dist', 'bench', '.turbo', '.vitest', '**/*.test.ts', ...group.tests.map(tests => `!${tests}`)],
    // One worker: two would disturb each other's tests of a full table and of the machine's counters.
    concurrency: 1,
    timeoutMS: 10_000,
    timeoutFactor: 3,
    reporters: ['progress-append-only', 'clear-text', 'json', 'html'],
    clearTextReporter: { allowColor: false, logTests: false, reportTests: false, reportScoreTable: false },
    jsonReporter: { fileName: `${report}.json` },
    htmlReporter: { fileName: `${report}.html` },
    thresholds: { break: null },
    allowConsoleColors: false,
  };
  mkdirSync(reports, { recursive: true });
  writeFileSync(`${report}.config.json`, JSON.stringify(config, null, 2));
  const { status } = spawnSync(
    process.execPath,
    [join(root, 'scripts/privileged.mjs'), join(root, 'node_modules/.bin/stryker'), 'run', `${report}.config.json`],
    // Every mutant runs the properties, so each has few inputs (packages/filter/test/property-runs.ts).
    { cwd: folder, stdio: 'inherit', env: { CONNTRACK_PROPERTY_RUNS: '40', ...process.env } },
  );
  if (status !== 0) throw new Error(`${name}: Stryker ended with ${status}`);
  return scoresOf(JSON.parse(readFileSync(`${report}.json`, 'utf8'))).map(file => ({
    ...file,
    name,
    required: group.score,
  }));
}

const [wanted, ...paths] = process.argv.slice(2).filter(argument => argument !== '--');
if (wanted !== undefined && !(wanted in targets))
  throw new Error(`no files of '${wanted}' are mutated; packages: ${Object.keys(targets).join(', ')}`);
mirror();
const unknown = new Set(paths);
const scores = [];
for (const name of wanted === undefined ? Object.keys(targets) : [wanted]) {
  for (const group of targets[name]) {
    const all = expand(join(root, 'packages', name), group);
    const files = paths.length === 0 ? all : all.filter(file => paths.includes(file));
    for (const file of files) unknown.delete(file);
    if (files.length > 0) scores.push(...run(name, group, files));
  }
}
if (unknown.size > 0) throw new Error(`not in scripts/mutation/targets.mjs for ${wanted}: ${[...unknown].join(', ')}`);
recordScores(join(reports, 'scores.json'), scores);
console.log(markdown(scores));
if (scores.some(({ score, required }) => score < required)) process.exitCode = 1;
