// The tests of a package as one script, with the mutants of its source inside: nothing is written to disk.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';

const root = join(import.meta.dirname, '../..');
/** Stryker's instrumenter is a dependency of Stryker, and not of this repository. */
const ofStryker = createRequire(createRequire(import.meta.url).resolve('@stryker-mutator/core'));
const ofInstrumenter = createRequire(ofStryker.resolve('@stryker-mutator/instrumenter'));
const esbuild = createRequire(join(root, 'packages/parser/package.json'))('esbuild');

/** Paths of source files → their text with every mutant in it, each inactive until its id is set; and the list of the mutants. */
export async function instrument(paths) {
  const [{ createInstrumenter }, { commonTokens }, { createInjector }] = await Promise.all(
    [
      ofStryker.resolve('@stryker-mutator/instrumenter'),
      ofInstrumenter.resolve('@stryker-mutator/api/plugin'),
      ofInstrumenter.resolve('typed-inject'),
    ].map(path => import(pathToFileURL(path))),
  );
  const logger = new Proxy({}, { get: (_, name) => () => (String(name).startsWith('is') ? false : undefined) });
  const instrumenter = createInjector().provideValue(commonTokens.logger, logger).injectFunction(createInstrumenter);
  const files = paths.map(name => ({ name, content: readFileSync(name, 'utf8'), mutate: true }));
  const options = { plugins: null, excludedMutations: [], ignorers: [] };
  const result = await instrumenter.instrument(files, options);
  const textOf = list => new Map(list.map(file => [file.name, file.content]));
  return { originals: textOf(files), sources: textOf(result.files), mutants: result.mutants };
}

/** One CommonJS script of test files; `sources` replace what lies on disk. */
export async function bundle(folder, tests, sources) {
  const mutated = {
    name: 'mutated',
    setup: build =>
      build.onLoad({ filter: /\.ts$/ }, ({ path }) => {
        if (relative(root, path).includes('node_modules')) return undefined;
        const contents = (sources.get(path) ?? readFileSync(path, 'utf8'))
          .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path)))
          .replaceAll('import.meta.dirname', JSON.stringify(dirname(path)));
        return { contents, loader: 'ts' };
      }),
  };
  const result = await esbuild.build({
    stdin: { contents: tests.map(test => `require(${JSON.stringify(`./${test}`)});`).join('\n'), resolveDir: folder },
    bundle: true,
    write: false,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    conditions: ['@conntrack/source'],
    external: ['vitest', 'fast-check'],
    plugins: [mutated],
    logLevel: 'error',
  });
  return result.outputFiles[0].text;
}
