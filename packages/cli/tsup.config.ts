import { defineConfig } from 'tsup';
import { library } from '../../tsup.base.js';

/** The file that is started, and conntrack(8) with all that it needs: see src/ctctl.ts. */
const programs = defineConfig({
  entry: { ctctl: 'src/ctctl.ts', conntrack8: 'src/conntrack8/process.ts' },
  format: 'cjs',
  target: 'node20',
  platform: 'node',
  minify: true,
  sourcemap: true,
  removeNodeProtocol: false,
  external: ['./main.js'],
  // What they load is in them.
  noExternal: [/^@conntrack\//],
  shims: true,
});

export default [
  library({
    entry: {
      index: 'src/index.ts',
      main: 'src/main.ts',
      compiled: 'src/compiled.ts',
      differences: 'src/conntrack8/differences.ts',
    },
    clean: ['dist/*', '!dist/ctctl.cjs*', '!dist/conntrack8.cjs*'],
  }),
  programs,
];
