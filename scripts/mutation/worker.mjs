// Runs the tests of a bundle again and again, each time with another mutant. Every run evaluates the whole bundle anew, so that
// constants, caches and tables made at import are those of the mutant.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Script } from 'node:vm';
import { parentPort, workerData } from 'node:worker_threads';
import * as vitest from 'vitest';

/** Inputs of each property test: it only has to notice that something is wrong. */
const PROPERTY_RUNS = 40;

const { code, folder } = workerData;
const require = createRequire(join(folder, 'package.json'));
const run = new Script(`(function (require, exports, module) {${code}\n})`).runInThisContext();
// Else it asks vitest, which does not run, for the path of the test.
vitest.expect.setState({ testPath: '' });
/** What the instrumented source looks at: which mutant is active, and what was reached. */
globalThis.__stryker__ = {};
const stryker = globalThis.__stryker__;

let tests = [];
const rowsOf = table => (table.every(Array.isArray) ? table : table.map(row => [row]));
const it = (name, ...rest) => tests.push({ name, run: rest.find(part => typeof part === 'function') });
it.each =
  table =>
  (name, ...rest) =>
    rowsOf(table).forEach((row, i) => {
      it(`${name} (row ${i})`, () => rest.find(part => typeof part === 'function')(...row));
    });
const describe = (_name, body) => body();
/** A row as one argument. */
it.for = table => (name, body) => it.each(table.map(row => [row]))(name, body);
describe.each = table => (_name, body) => {
  for (const row of rowsOf(table)) body(...row);
};
/** What tests import; `it` and `describe` only collect. Other parts of vitest (hooks) would fail, as nothing runs them. */
const modules = { vitest: { ...vitest, it, test: it, describe } };
try {
  const check = require('fast-check');
  const few = ({ numRuns = 100, ...more } = {}) => ({
    ...more,
    numRuns: Math.min(numRuns, PROPERTY_RUNS),
    seed: 1,
    endOnFailure: true,
  });
  const assert = (property, options) => check.assert(property, few(options));
  modules['fast-check'] = { __esModule: true, ...check, assert, default: { ...check, assert } };
} catch (error) {
  if (error.code !== 'MODULE_NOT_FOUND') throw error;
}
const load = () => {
  tests = [];
  const module = { exports: {} };
  run(name => modules[name] ?? require(name), module.exports, module);
};

/** All tests without a mutant: how long each takes, and which mutants it reaches. Mutants reached at import are reached by all tests. */
async function dryRun() {
  let current = { name: 'import' };
  const times = [];
  try {
    load();
    for (const [i, test] of tests.entries()) {
      current = test;
      stryker.currentTestId = String(i);
      const start = performance.now();
      await test.run();
      times.push(performance.now() - start);
    }
  } catch (error) {
    return { failed: `${current.name}: ${error.stack}` };
  }
  const { static: atImport, perTest } = stryker.mutantCoverage;
  stryker.currentTestId = undefined;
  return { times, atImport, perTest };
}

/** The first of the chosen tests that fails; `noticed: false` if none does. */
async function tryMutant({ id, chosen, count, hitLimit }) {
  Object.assign(stryker, { activeMutant: id, hitCount: 0, hitLimit, mutantCoverage: undefined });
  try {
    load();
  } catch {
    return { noticed: true };
  }
  // A mutant that changes a table of tests changes their numbers: then all of them are run.
  for (const i of tests.length === count ? chosen : tests.keys())
    try {
      await tests[i].run();
    } catch {
      return { noticed: true, by: tests.length === count ? i : undefined };
    }
  return { noticed: false };
}

parentPort.on('message', async request => {
  parentPort.postMessage(request.id === undefined ? await dryRun() : await tryMutant(request));
});
