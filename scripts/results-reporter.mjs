// Writes each package's results to .vitest/results.json; scripts/verify.mjs adds them up for the last line.
import { mkdirSync, writeFileSync } from 'node:fs';

/**
 * A test that is skipped says why: `context.skip(reason)`. A suite that is skipped as a whole says it in its name:
 * `the kernel's table (no private namespace: …)`.
 */
function suiteReason({ parent }) {
  if (parent === undefined || parent.type === 'module') return undefined;
  return /\((.+)\)$/.exec(parent.name)?.[1] ?? suiteReason(parent);
}

/** The results of the test files: counts, and how many tests were skipped for which reason. A test that is skipped without a reason counts as failed. */
export function resultsOf(modules, unhandledErrors) {
  const results = { passed: 0, failed: unhandledErrors.length, skipped: 0, reasons: {} };
  for (const module of modules) {
    let ran = 0;
    for (const test of module.children.allTests()) {
      ran++;
      const { state, note } = test.result();
      if (state === 'passed') results.passed++;
      else if (state === 'failed') results.failed++;
      else {
        const reason = note ?? suiteReason(test);
        if (reason === undefined) {
          results.failed++;
          console.error(`skipped without a reason: ${module.moduleId}: ${test.fullName}`);
          process.exitCode = 1;
          continue;
        }
        results.skipped++;
        results.reasons[reason] = (results.reasons[reason] ?? 0) + 1;
      }
    }
    // A file that fails to load, or a suite whose hook fails, has no failed test of its own.
    const suiteErrors = [...module.children.allSuites()].flatMap(suite => suite.errors());
    results.failed += module.errors().length + suiteErrors.length;
    if (ran === 0 && module.errors().length === 0) results.failed++;
  }
  return results;
}

export default class ResultsReporter {
  onTestRunEnd(modules, unhandledErrors) {
    mkdirSync('.vitest', { recursive: true });
    writeFileSync('.vitest/results.json', JSON.stringify(resultsOf(modules, unhandledErrors)));
  }
}
