// What a run of Stryker found, file by file.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

/** A mutant was noticed if a test failed or did not come to its end. One that cannot be loaded counts for nothing. */
const NOTICED = ['Killed', 'Timeout'];
const MISSED = ['Survived', 'NoCoverage'];

/** Each file of a report with its score, of 100, and how many mutants were missed. */
export const scoresOf = report =>
  Object.entries(report.files)
    .map(([path, { mutants }]) => {
      const count = states => mutants.filter(({ status }) => states.includes(status)).length;
      const [noticed, missed] = [count(NOTICED), count(MISSED)];
      return { path, missed, mutants: noticed + missed, score: (100 * noticed) / Math.max(1, noticed + missed) };
    })
    .filter(({ mutants }) => mutants > 0);

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
