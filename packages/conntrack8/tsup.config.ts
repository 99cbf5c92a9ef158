import { defineConfig } from 'tsup';
import { library } from '../../tsup.base.js';

/** The file that is started, and the program with all that it needs in one file: see src/conntrack.ts. */
const programs = defineConfig({
  entry: { conntrack: 'src/conntrack.ts', process: 'src/process.ts' },
  format: 'cjs',
  target: 'node20',
  platform: 'node',
  minify: true,
  sourcemap: true,
  removeNodeProtocol: false,
  noExternal: [/^@conntrack\//],
  // From the sources, so that what nothing uses is left out.
  esbuildOptions: options => {
    options.conditions = ['@conntrack/source'];
    options.define = { ...options.define, 'import.meta.dirname': '__dirname' };
  },
});

export default [
  library({
    entry: {
      index: 'src/index.ts',
      process: 'src/process.ts',
      compiled: 'src/compiled.ts',
      differences: 'src/differences.ts',
    },
    clean: ['dist/*', '!dist/*.cjs*'],
  }),
  programs,
];
