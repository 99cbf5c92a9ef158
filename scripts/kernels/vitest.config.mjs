// The tests of all packages as one run of vitest, on the emulated machine: there, to start vitest and to load the source takes a minute each time.
import { fileURLToPath } from 'node:url';
import { packageTests } from '../../vitest.base.js';
import PackagesReporter from './packages-reporter.mjs';

const { include, exclude = [] } = JSON.parse(process.env.KERNELS_SUITE);

export default packageTests({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  include,
  exclude,
  reporters: ['default', new PackagesReporter()],
  // Transformed beforehand, on the machine outside: see test.mjs.
  experimental: { fsModuleCache: true },
  // A worker loads once what files share.
  isolate: false,
});
