import { defineConfig, type Options } from 'tsup';
import { library } from '../../tsup.base.js';

/** What is started as CommonJS: see src/ctctl.ts. */
const program = (options: Options) =>
  defineConfig({
    format: 'cjs',
    target: 'node20',
    platform: 'node',
    minify: true,
    sourcemap: true,
    removeNodeProtocol: false,
    shims: true,
    // From the sources, so that what nothing uses is left out.
    esbuildOptions: esbuild => {
      esbuild.conditions = ['@conntrack/source'];
    },
    ...options,
  });

/** commander loads what starts other programs, which takes some milliseconds, and `ctctl` never asks it to. */
const lateChildProcess = {
  name: 'late-child-process',
  setup: build => {
    build.onResolve({ filter: /^node:child_process$/ }, ({ importer }) =>
      importer.includes('/commander/') ? { path: 'spawn', namespace: 'late' } : undefined,
    );
    build.onLoad({ filter: /.*/, namespace: 'late' }, () => ({
      contents: "exports.spawn = (...args) => require('node:child_process').spawn(...args);",
    }));
  },
} satisfies NonNullable<Options['esbuildPlugins']>[number];

export default [
  library({
    entry: { index: 'src/index.ts', main: 'src/main.ts' },
    // Node opens all files of an import at once, and zod's are a hundred: with them a server would not start where only 64 files may be open.
    noExternal: ['zod', /^zod\//],
    clean: ['dist/*', '!dist/*.cjs*'],
  }),
  // The little that the launcher uses of other packages is in it.
  program({ entry: { ctctl: 'src/ctctl.ts' }, external: ['./main.js'], noExternal: ['@conntrack/conntrack8'] }),
  program({
    entry: { verbs: 'src/main.ts' },
    external: ['../../verbs/serve.js'],
    noExternal: [/^@conntrack\//, 'commander', 'picocolors', 'yaml'],
    esbuildPlugins: [lateChildProcess],
  }),
];
