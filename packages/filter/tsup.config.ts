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
  'match',
  'print',
  'requirements',
  'schema',
  'services',
].map(name => `src/${name}.ts`);

/** Built module by module, without chunks that the entry points share: a bundler then drops what a page does not use. */
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
