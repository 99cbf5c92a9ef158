import type { Verb } from '../verb.js';

export const fields: Verb = {
  usage: 'fields [name]',
  summary: 'List the fields of filters, or describe one of them',
  group: 'diagnose',
  examples: ['ctctl fields', 'ctctl fields state', 'ctctl fields -o json'],
  options: command => command.option('-o, --output <format>', 'text or json', 'text'),
  run: async (context, name, options) => (await import('../../verbs/fields.js')).fields(context, name, options),
};
