// `pnpm run test:kernels [SERIES…] [--short]`: the suites that talk to the kernel, on other Debian kernels (scripts/kernels/on-kernel), one kernel after the other.
// Without a series: 6.1 and 6.12. --short is what CI runs: filters that are pushed, flushes, deletes, probes, events and decoding.
// An emulated machine is about ten times slower than this one: the long form takes an hour or two for each kernel, the short form some minutes.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const ON_KERNEL = fileURLToPath(new URL('on-kernel', import.meta.url));
/** Seconds for one kernel, and how much longer than usual a single test may take. */
const LIMITS = { short: 3600, long: 6 * 3600 };
const PATIENCE = 30;
/** How the other machine hands over the results of a suite. */
const RESULTS = /results of suite (\d+): ?(.*)$/;

/**
 * What is run, one after the other: a package, the environment, and test files (vitest takes parts of their names; none is all). Modules are unloaded by
 * files that run alone, and only there.
 */
const MODULES = [
  ['packages/netlink', 'CONNTRACK_DISPOSABLE_MACHINE=1', 'test/probe/modules.test.ts'],
  ['packages/table', 'CONNTRACK_DISPOSABLE_MACHINE=1', 'test/source/kernel/modules.test.ts'],
  ['packages/conntrack8', 'CONNTRACK_DISPOSABLE_MACHINE=1', 'test/modules.test.ts'],
];
const SUITES = {
  short: [
    ...MODULES,
    [
      'packages/netlink',
      'FUZZ_RUNS=40',
      'test/change/flush test/client/kernel-facts test/change/kernel-filter test/client/operations test/events test/change/untracked',
    ],
    ['packages/table', '', 'test/source/kernel/kernel-source.test.ts'],
  ],
  long: [
    ...MODULES,
    ['packages/netlink', '', ''],
    ['packages/table', '', ''],
    ['packages/conntrack8', 'CONNTRACK8_CASES=20', ''],
    ['packages/api', '', 'test/kernel.test.ts'],
  ],
};

const given = process.argv.slice(2).filter(word => word !== '--');
const form = given.includes('--short') ? 'short' : 'long';
const named = given.filter(word => !word.startsWith('--'));
const kernels = named.length > 0 ? named : ['6.1', '6.12'];

/** What is run there. Modules are loaded by the kernel itself as they are needed, but for the few that nothing asks for. */
const command = [
  `export CONNTRACK_TEST_PATIENCE=${PATIENCE}`,
  'modprobe nf_conntrack; modprobe nf_conntrack_ftp',
  // vitest gives a worker one minute to start, which a cold and busy machine may not make: tried again where no test ran at all.
  'suite() { for attempt in 1 2 3; do npx vitest run "$@"; grep -q \'"passed":0,"failed":1,"skipped":0\' .vitest/results.json || break; done; }',
  ...SUITES[form].map(
    ([folder, env, files], i) =>
      `(cd ${folder}; rm -rf .vitest; ${env && `export ${env}; `}suite ${files}; echo "results of suite ${i}: $(cat .vitest/results.json)")`,
  ),
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
      // vitest leaves codes for the terminal in front of it.
      const [, suite, json] = RESULTS.exec(line) ?? [];
      if (suite === undefined) console.log(line);
      else if (json !== '') results.set(Number(suite), JSON.parse(json));
    }
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', code => resolve({ code, kernel, results }));
  });
}

/** Exit code of on-kernel where apt has no such kernel; ours is 3 then. */
const UNAVAILABLE = 125;
let failures = 0;
let missing = 0;
let unfinished = 0;
for (const series of kernels) {
  const { code, kernel, results } = await run(series);
  if (code === UNAVAILABLE) {
    console.log(`Linux ${series}: not run, its package is not available here`);
    missing++;
    continue;
  }
  const sum = { passed: 0, failed: 0, skipped: 0 };
  for (const [i, [folder]] of SUITES[form].entries()) {
    const found = results.get(i);
    if (found === undefined) {
      console.log(`Linux ${kernel}: the tests of ${folder} did not run to the end`);
      unfinished++;
      continue;
    }
    for (const name of Object.keys(sum)) sum[name] += found[name];
    for (const [reason, count] of Object.entries(found.reasons))
      console.log(`Linux ${kernel}: ${folder} skipped ${count}: ${reason}`);
  }
  failures += sum.failed;
  console.log(`Linux ${kernel}: ${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped (${form} form)`);
}
// Failed tests are one thing, an emulated machine that was too slow or did not start another.
process.exitCode = failures > 0 ? 1 : unfinished > 0 ? 4 : missing > 0 ? 3 : 0;
