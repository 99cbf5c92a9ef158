import { library } from '../../tsup.base.js';

const entries = ['index', 'all', 'capture', 'expectations', 'format', 'presets', 'stats'].map(name => `src/${name}.ts`);

/** Built module by module, without chunks that the entry points share: a bundler then drops what a page does not use. */
export default library({
  platform: 'neutral',
  entry: ['src/**/*.ts'],
  bundle: false,
  dts: {
    entry: entries,
    compilerOptions: { ignoreDeprecations: '6.0', noEmit: false, customConditions: [] },
  },
});
