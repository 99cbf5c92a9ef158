import { library } from '../../tsup.base.js';

const entries = ['index', 'complete', 'docs', 'explain', 'requirements', 'schema'];

export default library({ platform: 'neutral', entry: entries.map(name => `src/${name}.ts`) });
