import { defineConfig } from 'tsup';
import { library } from '../../tsup.base.js';

/** The file that is started: see src/ctctl.ts. */
const program = defineConfig({
  entry: { ctctl: 'src/ctctl.ts' },
  format: 'cjs',
  target: 'node20',
  platform: 'node',
  minify: true,
  sourcemap: true,
  removeNodeProtocol: false,
  external: ['./main.js'],
  // The little that it uses of this package is in it.
  noExternal: ['@conntrack/conntrack8'],
  shims: true,
  esbuildOptions: options => {
    options.conditions = ['@conntrack/source'];
  },
});

export default [
  library({
    entry: { index: 'src/index.ts', main: 'src/main.ts' },
    // Node opens all files of an import at once, and zod's are a hundred: with them a server would not start where only 64 files may be open.
    noExternal: ['zod', /^zod\//],
    clean: ['dist/*', '!dist/*.cjs*'],
  }),
  program,
];
