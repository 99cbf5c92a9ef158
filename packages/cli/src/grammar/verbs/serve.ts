import { withSettings } from '../../serve/settings.js';
import { withFleetFile } from '../../source/fleet/options.js';
import { withSourceOptions } from '../../source/source.js';
import type { Verb } from '../verb.js';

export const serve: Verb = {
  usage: 'serve',
  summary: 'Serve the table over HTTP',
  group: 'serve',
  examples: ['ctctl serve', 'ctctl serve --anonymous read', 'ctctl serve --config /etc/conntrack/server.yaml'],
  options: command =>
    withFleetFile(withSettings(withSourceOptions(command)))
      .option(
        '--config <file>',
        'settings in YAML or JSON ($CTCTL_CONFIG); flags and $CTCTL_… variables take precedence',
      )
      .option('--check-config', 'check the settings and all files in them, and exit')
      .option('--probe', 'check whether the server with these settings responds, and exit: 0 if it does, 1 if not')
      .option('--token <token>', 'the admin token (default: $CTCTL_TOKEN, or a new one for this run)')
      .option('--demo', 'serve a demo: private network namespaces with NAT and real traffic'),
  run: async (context, options) => (await import('../../verbs/serve.js')).serveTable(context, options),
};
