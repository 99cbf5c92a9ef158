import { basename } from 'node:path';
import { defineConfig, type Options } from 'tsup';
import { licenses } from '../../scripts/licenses.mjs';
import { library } from '../../tsup.base.js';
import { PLAIN, VERBS } from './src/grammar/names.js';

/** The licences of everything that any of the programs contains. */
const thirdParty = licenses(() => 'dist/licenses.txt');

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

/** Leaves the code of verbs out of a program that is never started for them. */
const without = (...names: readonly string[]) =>
  ({
    name: 'without-verbs',
    setup: build => {
      build.onResolve({ filter: /^\.\.\/\.\.\/verbs\// }, ({ path }) =>
        names.includes(basename(path, '.js')) ? { path, external: true } : undefined,
      );
    },
  }) satisfies NonNullable<Options['esbuildPlugins']>[number];

/** The programs with verbs. `yaml` is loaded from its package: only few commands read YAML, and it is as large as all verbs together. */
const verbs: Options = {
  noExternal: [/^@conntrack\//, 'commander', 'picocolors'],
  external: ['yaml'],
  esbuildOptions: esbuild => {
    esbuild.conditions = ['@conntrack/source'];
    // Node resolves an import() of compiled code from the working directory. A require() is resolved from the file.
    esbuild.supported = { 'dynamic-import': false };
  },
};

export default [
  library({
    entry: { index: 'src/index.ts', main: 'src/main.ts' },
    // Node opens all files of an import at once, and zod's are a hundred: with them a server would not start where only 64 files may be open.
    noExternal: ['zod', /^zod\//],
    clean: ['dist/*', '!dist/*.cjs*', '!dist/licenses.txt'],
    esbuildPlugins: [thirdParty],
  }),
  // The little that the launcher uses of other packages is in it.
  program({
    entry: { ctctl: 'src/ctctl.ts' },
    external: ['./main.js'],
    noExternal: ['@conntrack/conntrack8'],
    esbuildPlugins: [thirdParty],
  }),
  program({
    ...verbs,
    entry: { verbs: 'src/main.ts' },
    esbuildPlugins: [lateChildProcess, without('serve'), thirdParty],
  }),
  program({
    ...verbs,
    entry: { plain: 'src/main.ts' },
    esbuildPlugins: [lateChildProcess, without(...VERBS.filter(verb => !PLAIN.includes(verb))), thirdParty],
  }),
];
