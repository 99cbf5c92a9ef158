import type { Verb } from '../verb.js';

export const completion: Verb = {
  usage: 'completion <shell>',
  summary: 'Print the script that completes commands in a shell: bash, zsh or fish',
  group: 'serve',
  examples: [
    'ctctl completion zsh > ~/.zfunc/_ctctl',
    'ctctl completion fish > ~/.config/fish/completions/ctctl.fish',
    'source <(ctctl completion bash)',
  ],
  notes: `
Verbs, options, fields and values of filters, contexts and network namespaces are completed.
To have it in every bash, add the last example to ~/.bashrc.`,
  run: async (context, shell) => (await import('../../verbs/completion.js')).completion(context, shell),
};
