import { FILTER_NOTES } from '../notes.js';
import type { Verb } from '../verb.js';

export const count: Verb = {
  usage: 'count [filter...]',
  summary: 'Count all entries, or the entries that match a filter',
  group: 'read',
  examples: ['ctctl count', "ctctl count 'proto=udp&unreplied'", 'ctctl count --by src state=SYN_SENT'],
  filters: true,
  notes: FILTER_NOTES,
  table: true,
  options: command =>
    command
      .option('--by <fields>', 'the number for each value: src, dst,dport, src/24 …')
      .option('--limit <count>', 'with --by: maximum number of values (default: 20)')
      .option('-o, --output <format>', 'with --by: table (default), json or csv'),
  run: async (context, words, options) => (await import('../../verbs/count.js')).count(context, words, options),
};
