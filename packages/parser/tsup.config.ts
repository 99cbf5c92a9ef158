import { library } from '../../tsup.base.js';

export default library({ platform: 'neutral', entry: ['src/index.ts', 'src/line-formats.ts'] });
