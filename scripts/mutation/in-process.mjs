// Mutation testing with tests that need no kernel, no other processes and no hooks of vitest. Stryker's instrumenter makes the mutants; worker
// threads run the tests: a file takes seconds.
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { Worker } from 'node:worker_threads';
import { bundle, instrument } from './bundle.mjs';

/** A worker thread that is asked one thing at a time, and is replaced when it does not answer. */
class Runner {
  #worker;
  #answer;
  constructor(data) {
    this.data = data;
  }

  /** The answer; `undefined` if none came in time. */
  async ask(request, milliseconds) {
    this.#worker ??= new Worker(new URL('./worker.mjs', import.meta.url), { workerData: this.data })
      .on('message', answer => this.#answer(answer))
      .on('error', error => this.#answer({ noticed: true, failed: error.stack }));
    let timer;
    const answer = await new Promise(resolve => {
      timer = setTimeout(resolve, milliseconds);
      this.#answer = resolve;
      this.#worker.postMessage(request);
    });
    clearTimeout(timer);
    if (answer === undefined || answer.failed !== undefined) await this.close();
    return answer;
  }

  async close() {
    await this.#worker?.terminate();
    this.#worker = undefined;
  }
}

const SIGNS = { '**/': '(?:.*/)?', '*': '[^/]*', '.': '\\.', '{': '(?:', '}': ')', ',': '|' };
/** The test files that patterns of `targets.mjs` name. */
function testFiles(folder, patterns) {
  const regexps = patterns.map(pattern => new RegExp(`^${pattern.replace(/\*\*\/|[*.{},]/g, sign => SIGNS[sign])}$`));
  const all = readdirSync(join(folder, 'test'), { recursive: true }).map(name => join('test', name));
  return all.filter(name => regexps.some(regexp => regexp.test(name))).sort();
}

/** Tries every mutant with the tests that reach it, those first that notice most in the least time. */
async function tryAll(mutants, data) {
  const lanes = Array.from({ length: Math.max(1, availableParallelism() - 1) }, () => new Runner(data));
  const dry = await lanes[0].ask({}, 600_000);
  if (dry?.times === undefined) throw new Error(`the tests fail without a mutant: ${dry?.failed ?? 'no answer'}`);
  const { times, atImport, perTest } = dry;
  const limit = 10_000 + 3 * times.reduce((sum, time) => sum + time, 0);
  const kills = times.map(() => 0);
  const weight = test => (0.1 + kills[test]) / (0.1 + times[test]);
  const queue = mutants.values();
  const results = new Map();
  const work = async runner => {
    // The lanes share the iterator.
    for (const { id } of queue) {
      const isStatic = id in atImport;
      const reached = [...times.keys()].filter(test => isStatic || id in (perTest[test] ?? {}));
      if (reached.length === 0) {
        results.set(id, 'NoCoverage');
        continue;
      }
      const hits = (atImport[id] ?? 0) + reached.reduce((sum, test) => sum + (perTest[test]?.[id] ?? 0), 0);
      const chosen = reached.sort((a, b) => weight(b) - weight(a));
      const answer = await runner.ask({ id, chosen, count: times.length, hitLimit: 10_000 + 100 * hits }, limit);
      if (answer?.by !== undefined) kills[answer.by]++;
      results.set(id, answer === undefined ? 'Timeout' : answer.noticed ? 'Killed' : 'Survived');
      if (results.size % 200 === 0) console.error(`${results.size} of ${mutants.length} mutants tried`);
    }
    await runner.close();
  };
  await Promise.all(lanes.map(work));
  return results;
}

/** A survivor as Stryker's clear-text reporter shows one. */
function show(path, source, { location: { start, end }, mutatorName, replacement, status }) {
  const lines = source.split('\n').slice(start.line, end.line + 1);
  const last = lines.at(-1);
  const mutated = lines[0].slice(0, start.column) + replacement + last.slice(end.column);
  const marked = (sign, text) => text.replaceAll(/^/gm, sign);
  console.log(`[${status}] ${mutatorName}\n${path}:${start.line + 1}:${start.column + 1}`);
  console.log(`${marked('- ', lines.join('\n'))}\n${marked('+ ', mutated)}\n`);
}

/** Mutates files of a package's folder; the report has the shape of Stryker's. */
export async function mutateInProcess(folder, files, patterns) {
  const { originals, sources, mutants } = await instrument(files.map(file => join(folder, file)));
  const code = await bundle(folder, testFiles(folder, patterns), sources);
  // The instrumenter itself leaves out what a comment disables.
  const results = await tryAll(
    mutants.filter(({ status }) => status !== 'Ignored'),
    { code, folder },
  );
  const report = { schemaVersion: '2', thresholds: { high: 97, low: 90 }, files: {} };
  for (const [path, source] of originals)
    report.files[relative(folder, path)] = { language: 'typescript', source, mutants: [] };
  for (const mutant of mutants) {
    const { id, mutatorName, replacement, location, status = results.get(id), fileName } = mutant;
    const path = relative(folder, fileName);
    report.files[path].mutants.push({ id, mutatorName, replacement, location, status });
    if (status === 'Survived' || status === 'NoCoverage') show(path, report.files[path].source, { ...mutant, status });
  }
  return report;
}
