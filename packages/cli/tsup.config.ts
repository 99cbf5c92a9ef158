import { join } from 'node:path';
import { defineConfig, type Options } from 'tsup';
import { licenses } from '../../scripts/licenses.mjs';
import { library } from '../../tsup.base.js';
import { directImports } from './direct-imports.build.js';
import { PLAIN } from './src/grammar/names.js';

/** The licences of everything that any of the programs contains. */
const thirdParty = licenses(() => 'dist/licenses.txt');

/** What is started as CommonJS: see src/ctctl.ts. */
const program = (options: Options, supported: Readonly<Record<string, boolean>> = {}) =>
  defineConfig({
    format: 'cjs',
    target: 'node20',
    platform: 'node',
    minify: true,
    sourcemap: true,
    removeNodeProtocol: false,
    // From the sources, so that what nothing uses is left out.
    esbuildOptions: esbuild => {
      esbuild.conditions = ['@conntrack/source'];
      esbuild.supported = supported;
      esbuild.define = { ...esbuild.define, 'import.meta.dirname': '__dirname' };
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

/** Leaves the code of the server and of fleets out of a program that is never started for them. */
const withoutServe = {
  name: 'without-serve',
  setup: build => {
    build.onResolve({ filter: /^\.\.\/\.\.\/verbs\/(serve|fleet)\.js$/ }, ({ path }) => ({ path, external: true }));
  },
} satisfies NonNullable<Options['esbuildPlugins']>[number];

/** The parts of the program for plain verbs that are loaded when they are needed. All others are in the program with all verbs. */
const PARTS: readonly string[] = [
  ...PLAIN.map(verb => `../../verbs/${verb}.js`),
  './open-table.js',
  './read-filter.js',
  '../options/fields.js',
  '../output/list-format.js',
  '@conntrack/filter/hints',
  '@conntrack/filter/print',
  './table/style.js',
  './table/write-table.js',
  '../options/sort.js',
  'yaml',
];

/** Leaves out the other parts. A run that needs one ends with Incomplete, and starts again as the program with all verbs. */
const plainOnly = {
  name: 'plain-only',
  setup: build => {
    build.onResolve({ filter: /^/ }, ({ kind, path }) =>
      kind === 'dynamic-import' && !PARTS.includes(path) ? { path: 'missing', namespace: 'missing' } : undefined,
    );
    build.onLoad({ filter: /^/, namespace: 'missing' }, () => ({
      contents: "import { Incomplete } from './process/incomplete.ts'; throw new Incomplete();",
      resolveDir: join(import.meta.dirname, 'src'),
    }));
  },
} satisfies NonNullable<Options['esbuildPlugins']>[number];

/** A command on a fleet is loaded as modules: its code is in no compiled program. */
const withoutFleet = {
  name: 'without-fleet',
  setup: build => {
    build.onResolve({ filter: /\/open-fleet\.js$/ }, ({ path }) => ({ path, external: true }));
  },
} satisfies NonNullable<Options['esbuildPlugins']>[number];

/** The programs with verbs. `yaml` is loaded from its package: only few commands read YAML, and it is as large as all verbs together. */
const verbs = (options: Options) =>
  program(
    { noExternal: [/^@conntrack\//, 'commander'], external: ['yaml'], ...options },
    // Node resolves an import() of compiled code from the working directory. A require() is resolved from the file.
    { 'dynamic-import': false },
  );

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
    noExternal: [/^@conntrack\/conntrack8(?!\/process)/],
    esbuildPlugins: [thirdParty],
  }),
  verbs({
    entry: { verbs: 'src/main.ts' },
    esbuildPlugins: [directImports, lateChildProcess, withoutServe, withoutFleet, thirdParty],
  }),
  verbs({ entry: { plain: 'src/main.ts' }, esbuildPlugins: [plainOnly, directImports, lateChildProcess, thirdParty] }),
];
