// Runs the tests of all packages as one vitest run on the emulated machine, where starting vitest and loading the source takes a minute each time.
import { fileURLToPath } from 'node:url';
import { packageTests } from '../../vitest.base.js';
import PackagesReporter from './packages-reporter.mjs';

const { include, exclude = [] } = JSON.parse(process.env.KERNELS_SUITE);

export default packageTests({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  include,
  exclude,
  reporters: ['default', new PackagesReporter()],
  // Transformed in advance on the host: see test.mjs.
  experimental: { fsModuleCache: true },
  // A worker loads modules that test files share only once.
  isolate: false,
});
