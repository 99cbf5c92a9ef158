import { fileURLToPath } from 'node:url';
import { defineConfig, type ViteUserConfig } from 'vitest/config';

/** Programs that tests start share what V8 compiled of them, and leave the home of the user alone. */
const codeCache = fileURLToPath(new URL('./node_modules/.cache/conntrack', import.meta.url));
const reporter = fileURLToPath(new URL('./scripts/results-reporter.mjs', import.meta.url));

/** How much longer than usual to wait before a test counts as hanging: more than 1 on a slow machine, such as an emulated one. */
const patience = Number(process.env.CONNTRACK_TEST_PATIENCE ?? 1);

/** What every package tests with: packages resolve each other from source, results are left for the closing line. */
export const packageTests = (test: ViteUserConfig['test'] = {}): ViteUserConfig =>
  defineConfig({
    resolve: { conditions: ['@conntrack/source'] },
    ssr: { resolve: { conditions: ['@conntrack/source', 'node', 'import', 'default'] } },
    test: {
      include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
      reporters: ['default', reporter],
      pool: 'forks',
      env: { CONNTRACK_CODE_CACHE: codeCache },
      // The files of a package share one process: a new one for each would load everything again, which is half of the time that the
      // tests take. So a test leaves the process as it found it (environment, timers, descriptors), and a module that test files share
      // cleans up in `onTestFinished`: hooks at its top are those of the file that loads it first.
      isolate: false,
      // Far more than anything takes: a busy machine is slow, and only what hangs shall fail.
      testTimeout: 120_000 * patience,
      hookTimeout: 120_000 * patience,
      expect: { poll: { timeout: 60_000 * patience, interval: 50 } },
      ...test,
    },
  });
