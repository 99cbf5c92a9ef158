import { library } from '../../tsup.base.js';

/** No source maps, which are half of what an installation takes: what is built can be read. */
export default library({
  sourcemap: false,
  entry: {
    index: 'src/index.ts',
    'node/index': 'src/node/index.ts',
    'protocol/index': 'src/protocol/index.ts',
    'table/index': 'src/table/index.ts',
  },
});
