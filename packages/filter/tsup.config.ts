import { library } from '../../tsup.base.js';

const entries = [
  'index',
  'compile',
  'complete',
  'define',
  'docs',
  'events',
  'explain',
  'hints',
  'print',
  'requirements',
  'schema',
].map(name => `src/${name}.ts`);

/** Module by module rather than in chunks shared by the entries: a bundler then drops what a page does not use. */
export default library({
  platform: 'neutral',
  sourcemap: false,
  entry: ['src/**/*.ts'],
  bundle: false,
  dts: {
    entry: entries,
    compilerOptions: { ignoreDeprecations: '6.0', noEmit: false, customConditions: [] },
  },
});
