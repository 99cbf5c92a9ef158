// What a run of Stryker found, file by file.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

/** Each file of a report with its score, of 100, and how many mutants were missed. */
export function scoresOf(report) {
  const tests = Object.values(report.testFiles ?? {}).reduce((sum, file) => sum + file.tests.length, 0);
  // Stryker takes a test file that fails to load for one without tests, and a mutant that does it for one that survived.
  const unloaded = ({ status, static: atImport, testsCompleted = 0 }) =>
    status === 'Survived' && atImport === true && testsCompleted < tests;
  /** A test failed, or did not come to its end, or could not even begin. */
  const isNoticed = mutant => mutant.status === 'Killed' || mutant.status === 'Timeout' || unloaded(mutant);
  const isMissed = mutant => ['Survived', 'NoCoverage'].includes(mutant.status) && !unloaded(mutant);
  return Object.entries(report.files)
    .map(([path, { mutants }]) => {
      const [noticed, missed] = [mutants.filter(isNoticed).length, mutants.filter(isMissed).length];
      return { path, missed, mutants: noticed + missed, score: (100 * noticed) / Math.max(1, noticed + missed) };
    })
    .filter(({ mutants }) => mutants > 0);
}

/** Keeps the last score of every file: a run of one file leaves those of the others as they were. */
export function recordScores(file, scores) {
  const last = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  for (const { name, ...score } of scores) last[`${name}/${score.path}`] = score;
  writeFileSync(file, JSON.stringify(last, null, 2));
}

/** The table for the terminal, as it stands in CONTRIBUTING too. */
export const markdown = scores =>
  [
    '| file | score | required | missed |',
    '|---|---|---|---|',
    ...scores.map(
      ({ name, path, score, required, missed, mutants }) =>
        `| ${name}/${path} | ${score.toFixed(1)} | ${required} | ${missed} of ${mutants} |`,
    ),
  ].join('\n');
