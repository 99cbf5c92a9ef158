import { FILTER_NOTES } from '../notes.js';
import type { Verb } from '../verb.js';

export const top: Verb = {
  usage: 'top [filter...]',
  summary: 'Show what fills the table: live on a terminal, otherwise as one ranking',
  group: 'watch',
  examples: [
    'ctctl top',
    "ctctl top 'proto=udp&dport=53' --by src",
    'ctctl top --by src,dport --metric bytes -k 5',
    'ctctl top --by src --distinct dport -o json',
    'ctctl top --index --metric rate --by dst',
  ],
  filters: true,
  notes: FILTER_NOTES,
  table: true,
  options: command =>
    command
      .option('--by <fields>', 'group by these fields: src, dst, src,dport, src/24 … (ranking default: src)')
      .option('--metric <metric>', 'rank by flows, bytes, packets, rate (with an index) or distinct (default: flows)')
      .option('--distinct <fields>', 'count the distinct values of these fields in each group')
      .option('-k, --limit <count>', 'maximum number of groups (default: 20)')
      .option('--index', "keep a current copy of the kernel's table in memory, and read rates from it")
      .option('--interval <seconds>', 'time between two refreshes of the live view (default: 2)')
      .option('-o, --output <format>', 'print one ranking, also on a terminal: text, json, ndjson'),
  run: async (context, words, options) => (await import('../../verbs/top.js')).top(context, words, options),
};
