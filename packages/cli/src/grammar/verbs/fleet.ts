import { withFleetOptions } from '../../source/fleet/options.js';
import type { Verb } from '../verb.js';

export const fleet: Verb = {
  usage: 'fleet [command...]',
  summary: 'Show the hosts of a fleet (status), or start five of them to try it (demo)',
  group: 'serve',
  examples: [
    'ctctl fleet demo',
    'ctctl fleet status --fleet-file edge.yaml',
    'ctctl list --fleet-file edge.yaml node=gw-1',
  ],
  options: command => withFleetOptions(command).option('-o, --output <format>', 'of status: table (default) or json'),
  run: async (context, words, options) => (await import('../../verbs/fleet.js')).fleet(context, words, options),
};
