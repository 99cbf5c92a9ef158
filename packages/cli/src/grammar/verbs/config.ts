import type { Verb } from '../verb.js';

export const config: Verb = {
  usage: 'config <action> [name]',
  summary: 'Name the servers that commands work on, and choose one of them',
  group: 'serve',
  examples: [
    'ctctl config set-context edge --server https://edge.example:4680 --token-file ~/.config/conntrack/edge.token',
    'ctctl config use-context edge',
    'ctctl config get-contexts',
  ],
  notes: `
Actions:
  get-contexts         list the contexts; a star marks the current one
  set-context NAME     add a context, or change it
  use-context NAME     use a context by default; 'local' is the table of this host
  delete-context NAME  delete a context
  view                 show the whole file

The file is $CTCTL_CLIENT_CONFIG, or conntrack/config.yaml in $XDG_CONFIG_HOME or ~/.config.`,
  options: command =>
    command
      .option('--server <address>', 'address of the server: a URL, or unix:PATH')
      .option('--token-file <file>', 'file with the token')
      .option('--netns <name>', 'network namespace of the server')
      .option('--tls-ca <file>', 'certificate of the CA that signed the server’s certificate (PEM)')
      .option('--tls-cert <file>', 'certificate of the client (PEM)')
      .option('--tls-key <file>', 'private key of the client (PEM)'),
  run: async (context, action, name, options) =>
    (await import('../../verbs/config.js')).config(context, action, name, options),
};
