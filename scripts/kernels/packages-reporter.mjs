// Prints one line for each package, because one run has the tests of several, and the results for test:kernels.
import ResultsReporter, { resultsOf } from '../results-reporter.mjs';

export default class PackagesReporter extends ResultsReporter {
  onTestRunEnd(modules, unhandledErrors) {
    super.onTestRunEnd(modules, unhandledErrors);
    const packageOf = ({ moduleId }) => /\/packages\/([^/]+)\//.exec(moduleId)?.[1] ?? moduleId;
    for (const name of [...new Set(modules.map(packageOf))].sort()) {
      const own = modules.filter(module => packageOf(module) === name);
      const { passed, failed, skipped } = resultsOf(own, []);
      console.log(`${name}: ${passed} passed, ${failed} failed, ${skipped} skipped in ${own.length} files`);
    }
  }
}
