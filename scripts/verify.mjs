// `npm test`: installs, builds, runs every package's tests, and ends with one line that counts them all.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, delimiter, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

const run = (command, ...args) => {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit' });
  if (error) console.error(`${command}: ${error.message}`);
  return status ?? 1;
};

/** The packages whose tests take longest. They start first, so that none of them runs alone at the end. */
const LONGEST = ['api', 'conntrack8', 'cli', 'table', 'netlink', 'parser', 'consumers'];
const rank = folder => (LONGEST.includes(basename(folder)) ? LONGEST.indexOf(basename(folder)) : LONGEST.length);

const packages = ['packages', 'apps']
  .flatMap(folder => readdirSync(folder).map(name => join(folder, name)))
  .filter(folder => existsSync(join(folder, 'package.json')))
  .filter(folder => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).scripts?.test)
  .sort((a, b) => rank(a) - rank(b));
const resultsOf = folder => join(folder, '.vitest', 'results.json');
for (const folder of packages) rmSync(resultsOf(folder), { force: true });

/** Runs the tests of a package, each line of output with its name in front. Resolves to the exit code. */
function test(folder) {
  const { scripts } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const binaries = [folder, '.'].map(place => resolve(place, 'node_modules/.bin'));
  const env = { ...process.env, PATH: [...binaries, process.env.PATH].join(delimiter) };
  // With it, each of the thousands of programs that tests start would read all certificates first.
  delete env.NODE_EXTRA_CA_CERTS;
  const child = spawn(scripts.test, { cwd: folder, env, shell: true, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const [from, to] of [
    [child.stdout, process.stdout],
    [child.stderr, process.stderr],
  ])
    createInterface({ input: from }).on('line', line => to.write(`${basename(folder)}: ${line}\n`));
  return new Promise(done => child.on('close', status => done(status ?? 1)));
}

/** Runs the tests of all packages, one package more at a time than there are processors, because many tests wait for other programs. */
async function runTests() {
  const queue = packages.values();
  let worst = 0;
  const lane = async () => {
    for (const folder of queue) {
      const status = await test(folder);
      worst ||= status;
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() + 1 }, lane));
  return worst;
}

let code = run('pnpm', 'install', '--frozen-lockfile', '--prefer-offline', '--reporter=append-only', '--loglevel=warn');
code ||= run('pnpm', 'exec', 'turbo', 'run', 'build', '--output-logs=errors-only');
if (code === 0) code = await runTests();

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
