import { withFormat } from '../../options/format.js';
import { FILTER_NOTES } from '../notes.js';
import type { Verb } from '../verb.js';

export const list: Verb = {
  usage: 'list [filter...]',
  summary: 'List the entries that match a filter',
  group: 'read',
  examples: [
    "ctctl list 'state=ESTABLISHED' --sort -bytes --limit 10",
    'ctctl list -o json',
    'ctctl list --source file:capture.txt',
  ],
  notes: FILTER_NOTES,
  table: true,
  options: command =>
    withFormat(command)
      .option('--sort <fields>', 'sort by these fields, - for descending order: -bytes,src')
      .option('--limit <count>', 'maximum number of entries (default for sorted lists: 1000)'),
  run: async (context, words, options) => (await import('../../verbs/list.js')).list(context, words, options),
};
