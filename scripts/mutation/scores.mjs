// The results of a Stryker run, file by file.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

/** Each file of a report with its score (of 100) and the number of missed mutants. */
export function scoresOf(report) {
  const tests = Object.values(report.testFiles ?? {}).reduce((sum, file) => sum + file.tests.length, 0);
  // Stryker counts a test file that fails to load as one without tests, and the mutant that causes it as survived.
  const unloaded = ({ status, static: atImport, testsCompleted = 0 }) =>
    status === 'Survived' && atImport === true && testsCompleted < tests;
  /** A test failed, did not end, or could not begin. */
  const isNoticed = mutant => mutant.status === 'Killed' || mutant.status === 'Timeout' || unloaded(mutant);
  const isMissed = mutant => ['Survived', 'NoCoverage'].includes(mutant.status) && !unloaded(mutant);
  return Object.entries(report.files)
    .map(([path, { mutants }]) => {
      const [noticed, missed] = [mutants.filter(isNoticed).length, mutants.filter(isMissed).length];
      return { path, missed, mutants: noticed + missed, score: (100 * noticed) / Math.max(1, noticed + missed) };
    })
    .filter(({ mutants }) => mutants > 0);
}

/** Keeps the last score of every file: a run of one file does not change the scores of others. */
export function recordScores(file, scores) {
  const last = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  for (const { name, ...score } of scores) last[`${name}/${score.path}`] = score;
  writeFileSync(file, JSON.stringify(last, null, 2));
}

/** The table for the terminal and for CONTRIBUTING.md. */
export const markdown = scores =>
  [
    '| file | score | required | missed |',
    '|---|---|---|---|',
    ...scores.map(
      ({ name, path, score, required, missed, mutants }) =>
        `| ${name}/${path} | ${score.toFixed(1)} | ${required} | ${missed} of ${mutants} |`,
    ),
  ].join('\n');
