// `pnpm run test:kernels [SERIES…] [FILE…] [--short]`: runs the tests that use the kernel on other Debian kernels (scripts/kernels/on-kernel), one kernel after
// the other. Without a series: 6.1 and 6.12. Without files (packages/table/test/faults, packages/conntrack8/): all of them. --short is what CI runs: filters that
// are pushed, flushes, deletes, probes, events and decoding. What is run and what is left out is in suites.mjs.
// An emulated machine is about ten times slower than this one: the long form takes about an hour for each kernel, the short form some minutes.
import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { missingFiles, SUITES } from './suites.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const ON_KERNEL = fileURLToPath(new URL('on-kernel', import.meta.url));
/** Maximum seconds for one kernel. */
const LIMITS = { short: 3600, long: 6 * 3600 };
/** How many times longer than usual a single test may take. */
const PATIENCE = 30;
/** The line in which the emulated machine prints the seconds and the results of a suite. */
const RESULTS = /results of suite (\d+) in (\d+) s: ?(.*)$/;

const missing = missingFiles(ROOT);
if (missing.length > 0)
  throw new Error(`scripts/kernels/suites.mjs names files that do not exist: ${missing.join(', ')}`);

const given = process.argv.slice(2).filter(word => word !== '--');
const form = given.includes('--short') ? 'short' : 'long';
const files = given.filter(word => word.startsWith('packages/'));
const named = given.filter(word => !word.startsWith('--') && !word.startsWith('packages/'));
const kernels = named.length > 0 ? named : ['6.1', '6.12'];
const suites = SUITES[form];

const CONFIG = 'scripts/kernels/vitest.config.mjs';
const settingsOf = ({ include, exclude }) => JSON.stringify({ include, exclude });

/** The command line of a suite. If files are named, only those that belong to the suite are run. */
const commandOf = (suite, i) => {
  const variables = { ...suite.env, KERNELS_SUITE: settingsOf(suite) };
  const exports = Object.entries(variables).map(([name, value]) => `export ${name}='${value}'; `);
  return `(rm -rf .vitest; ${exports.join('')}SECONDS=0; suite --maxWorkers=${suite.workers} ${files.join(' ')}; echo "results of suite ${i} in $SECONDS s: $(cat .vitest/results.json)")`;
};

/** The commands to run. The kernel loads modules as they are needed, except the few that nothing requests. */
const command = [
  `export CONNTRACK_TEST_PATIENCE=${PATIENCE}`,
  'modprobe nf_conntrack; modprobe nf_conntrack_ftp',
  // vitest gives a worker 90 seconds to start, which can be too short on a cold and busy machine: repeated if no test ran at all.
  `suite() { for attempt in 1 2 3; do npx vitest run --config ${CONFIG} --passWithNoTests "$@"; grep -q '"passed":0,"failed":1,"skipped":0' .vitest/results.json || break; done; }`,
  ...suites.map(commandOf),
].join('\n');

/** Runs the suites on a kernel. Resolves with its exit code, its name and the results of each suite. */
function run(series) {
  const child = spawn(ON_KERNEL, [series, command, String(LIMITS[form])], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let rest = '';
  let kernel = series;
  const results = new Map();
  child.stdout.setEncoding('utf8').on('data', text => {
    const lines = (rest + text).split('\n');
    rest = lines.pop();
    for (const line of lines) {
      if (line.startsWith('on-kernel begins ')) kernel = line.slice('on-kernel begins '.length);
      // vitest may print terminal codes before it.
      const [, suite, seconds, json] = RESULTS.exec(line) ?? [];
      if (suite === undefined) console.log(line);
      else if (json !== '') results.set(Number(suite), { ...JSON.parse(json), seconds });
    }
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', code => resolve({ code, kernel, results }));
  });
}

// The source is transformed here, in seconds: the emulated machine finds the result in vitest's cache.
for (const suite of suites)
  spawnSync('npx', ['vitest', 'list', '--config', CONFIG, ...files], {
    cwd: ROOT,
    env: { ...process.env, KERNELS_SUITE: settingsOf(suite) },
    stdio: ['ignore', 'ignore', 'inherit'],
  });

/** Exit code of on-kernel if apt does not have the kernel; ours is then 3. */
const UNAVAILABLE = 125;
let failures = 0;
let unavailable = 0;
let unfinished = 0;
for (const series of kernels) {
  const { code, kernel, results } = await run(series);
  if (code === UNAVAILABLE) {
    console.log(`Linux ${series}: not run, its package is not available here`);
    unavailable++;
    continue;
  }
  const sum = { passed: 0, failed: 0, skipped: 0 };
  for (const [i, { name: suite }] of suites.entries()) {
    const found = results.get(i);
    if (found === undefined) {
      console.log(`Linux ${kernel}: ${suite}: did not run to the end`);
      unfinished++;
      continue;
    }
    for (const name of Object.keys(sum)) sum[name] += found[name];
    console.log(
      `Linux ${kernel}: ${suite}: ${found.passed} passed, ${found.failed} failed, ${found.skipped} skipped in ${found.seconds} s`,
    );
    for (const [reason, count] of Object.entries(found.reasons))
      console.log(`Linux ${kernel}: skipped ${count}: ${reason}`);
  }
  failures += sum.failed;
  console.log(`Linux ${kernel}: ${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped (${form} form)`);
}
// Failed tests have another exit code than an emulated machine that was too slow or did not start.
process.exitCode = failures > 0 ? 1 : unfinished > 0 ? 4 : unavailable > 0 ? 3 : 0;
