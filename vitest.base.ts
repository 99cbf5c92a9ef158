import { fileURLToPath } from 'node:url';
import { defineConfig, type ViteUserConfig } from 'vitest/config';

const reporter = fileURLToPath(new URL('./scripts/results-reporter.mjs', import.meta.url));

/** What every package tests with: packages resolve each other from source, results are left for the closing line. */
export const packageTests = (test: ViteUserConfig['test'] = {}): ViteUserConfig =>
  defineConfig({
    resolve: { conditions: ['@conntrack/source'] },
    ssr: { resolve: { conditions: ['@conntrack/source', 'node', 'import', 'default'] } },
    test: {
      include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
      reporters: ['default', reporter],
      pool: 'forks',
      testTimeout: 20_000,
      hookTimeout: 60_000,
      ...test,
    },
  });
