import { library } from '../../tsup.base.js';

export default library({
  platform: 'neutral',
  sourcemap: false,
  entry: { index: 'src/index.ts', table: 'src/table/index.ts', words: 'src/words.ts' },
});
