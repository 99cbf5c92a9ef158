import { library } from '../../tsup.base.js';

export default library({
  platform: 'neutral',
  sourcemap: false,
  entry: {
    index: 'src/index.ts',
    checks: 'src/checks.ts',
    codec: 'src/codec.ts',
    columns: 'src/columns.ts',
    table: 'src/table/index.ts',
    text: 'src/text.ts',
  },
});
