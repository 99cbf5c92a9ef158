// Mutation testing of a package by Stryker and vitest, in a sandbox: for tests that need the kernel, other processes or the network.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

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

/** Mutates files of a package's folder; `<path>.json` and `<path>.html` are the reports. */
export function mutateWithStryker(folder, files, tests, path) {
  mirror();
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
    ignorePatterns: ['dist', 'bench', '.turbo', '.vitest', '**/*.test.ts', ...tests.map(pattern => `!${pattern}`)],
    // One worker: two would disturb each other's tests of a full table and of the machine's counters.
    concurrency: 1,
    timeoutMS: 10_000,
    timeoutFactor: 3,
    reporters: ['progress-append-only', 'clear-text', 'json', 'html'],
    clearTextReporter: { allowColor: false, logTests: false, reportTests: false, reportScoreTable: false },
    jsonReporter: { fileName: `${path}.json` },
    htmlReporter: { fileName: `${path}.html` },
    thresholds: { break: null },
    allowConsoleColors: false,
  };
  writeFileSync(`${path}.config.json`, JSON.stringify(config, null, 2));
  const { status } = spawnSync(
    process.execPath,
    [join(root, 'scripts/privileged.mjs'), join(root, 'node_modules/.bin/stryker'), 'run', `${path}.config.json`],
    { cwd: folder, stdio: 'inherit' },
  );
  if (status !== 0) throw new Error(`${folder}: Stryker ended with ${status}`);
  return JSON.parse(readFileSync(`${path}.json`, 'utf8'));
}
