import type { Verb } from '../verb.js';

export const token: Verb = {
  usage: 'token [name]',
  summary: 'Create a token for the HTTP API, and print its lines for the server’s token file',
  group: 'serve',
  examples: [
    'ctctl token dashboard',
    "ctctl token controller --scopes flows:read,flows:delete --filter 'src=10.0.0.0/8' --expires 90d",
    'ctctl token --hash < /run/secrets/token',
  ],
  options: command =>
    command
      .option(
        '--scopes <scopes>',
        'scopes of the token: flows:read,flows:delete … (default: flows:read,flows:watch,stats:read)',
      )
      .option('--filter <filter>', 'limit the token to flows that match this filter')
      .option('--expires <time>', 'when the token expires: 90d, or 2027-01-01T00:00:00Z (default: never)')
      .option('--hash', 'read a token from standard input, and print its hash'),
  run: async (context, name, options) => (await import('../../verbs/token.js')).token(context, name, options),
};
