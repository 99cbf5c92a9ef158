import { defineConfig } from 'tsup';
import { library } from '../../tsup.base.js';

/** The file that is started: see src/ctctl.ts. */
const program = defineConfig({
  entry: ['src/ctctl.ts'],
  format: 'cjs',
  target: 'node20',
  platform: 'node',
  minify: true,
  sourcemap: true,
  removeNodeProtocol: false,
  external: ['./main.js'],
  // What it loads is in it.
  noExternal: [/^@conntrack\//],
  shims: true,
});

export default [
  library({
    entry: { index: 'src/index.ts', main: 'src/main.ts', differences: 'src/conntrack8/differences.ts' },
    clean: ['dist/*', '!dist/ctctl.cjs*'],
  }),
  program,
];
