import { library } from '../../tsup.base.js';

export default library({
  entry: { index: 'src/index.ts', text: 'src/text.ts', testing: 'src/testing/index.ts', raw: 'src/raw.ts' },
});
