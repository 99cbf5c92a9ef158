import { fileURLToPath } from 'node:url';
import { defineConfig, type ViteUserConfig } from 'vitest/config';

/** Programs that tests start share V8's compile cache here, and not in the user's home folder. */
const codeCache = fileURLToPath(new URL('./node_modules/.cache/conntrack', import.meta.url));
const reporter = fileURLToPath(new URL('./scripts/results-reporter.mjs', import.meta.url));

/** How much longer than usual to wait before a test counts as hanging: more than 1 on a slow machine, such as an emulated one. */
const patience = Number(process.env.CONNTRACK_TEST_PATIENCE ?? 1);

/** The test configuration of every package: packages resolve each other from source, and results are written for the last line. */
export const packageTests = (test: ViteUserConfig['test'] = {}): ViteUserConfig =>
  defineConfig({
    resolve: { conditions: ['@conntrack/source'] },
    ssr: { resolve: { conditions: ['@conntrack/source', 'node', 'import', 'default'] } },
    test: {
      include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
      reporters: ['default', reporter],
      pool: 'forks',
      env: { CONNTRACK_CODE_CACHE: codeCache },
      // The test files of a package share one process: loading everything again for each would take half of the tests' time.
      // So a test must restore the process (environment, timers, descriptors). A module that test files share must clean up in
      // `onTestFinished`: hooks at its top level belong to the file that loads it first.
      isolate: false,
      // Far more than any test needs: a busy machine is slow, and only a test that hangs should fail.
      testTimeout: 120_000 * patience,
      hookTimeout: 120_000 * patience,
      expect: { poll: { timeout: 60_000 * patience, interval: 50 } },
      ...test,
    },
  });
