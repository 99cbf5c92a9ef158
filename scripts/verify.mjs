// `npm test`: installs, builds, runs every package's tests, and ends with one line that counts them all.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const run = (command, ...args) => {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit' });
  if (error) console.error(`${command}: ${error.message}`);
  return status ?? 1;
};

const packages = ['packages', 'apps']
  .flatMap(folder => readdirSync(folder).map(name => join(folder, name)))
  .filter(folder => existsSync(join(folder, 'package.json')))
  .filter(folder => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).scripts?.test);
const resultsOf = folder => join(folder, '.vitest', 'results.json');
for (const folder of packages) rmSync(resultsOf(folder), { force: true });

let code = run('pnpm', 'install', '--frozen-lockfile', '--prefer-offline', '--reporter=append-only', '--loglevel=warn');
code ||= run('pnpm', 'exec', 'turbo', 'run', 'build', '--output-logs=errors-only');
code ||= run('pnpm', 'exec', 'turbo', 'run', 'test', '--continue', '--concurrency=3', ...process.argv.slice(2));

let passed = 0;
let failed = 0;
let skipped = 0;
const reasons = new Map();
for (const folder of packages) {
  if (!existsSync(resultsOf(folder))) {
    failed++;
    console.error(`${folder}: its tests did not run to the end`);
    continue;
  }
  const results = JSON.parse(readFileSync(resultsOf(folder), 'utf8'));
  passed += results.passed;
  failed += results.failed;
  skipped += results.skipped;
  for (const [reason, count] of Object.entries(results.reasons))
    reasons.set(reason, (reasons.get(reason) ?? 0) + count);
}
for (const [reason, count] of reasons) console.log(`skipped ${count}: ${reason}`);
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = failed > 0 ? 1 : code;
