import { library } from '../../tsup.base.js';

export default library({
  entry: {
    index: 'src/index.ts',
    'server/config/index': 'src/server/config/index.ts',
    'client/index': 'src/client/index.ts',
    'client/node/index': 'src/client/node/index.ts',
  },
});
