import { FORMATS } from '../../options/format.js';
import { FILTER_NOTES } from '../notes.js';
import type { Verb } from '../verb.js';

export const list: Verb = {
  usage: 'list [filter...]',
  summary: 'List the entries that match a filter',
  group: 'read',
  examples: [
    "ctctl list 'state=ESTABLISHED' --sort -bytes --limit 10",
    'ctctl list --fields src,dst,dport,bytes -o csv',
    'ctctl list --source file:capture.txt',
  ],
  filters: true,
  notes: FILTER_NOTES,
  table: true,
  options: command =>
    command
      .option(
        '-o, --output <format>',
        `table (default on a terminal), wide, name, or ${FORMATS}; default in a pipe: text`,
      )
      .option('--fields <fields>', 'only these fields, for table, csv, json and ndjson: src,dst,dport,bytes')
      .option('--sort <fields>', 'sort by these fields, - for descending order: -bytes,src')
      .option('--limit <count>', 'maximum number of entries (default for sorted lists: 1000)')
      .option('--watch [seconds]', 'show the list again every 2 seconds, or as often as given'),
  run: async (context, words, options) => (await import('../../verbs/list.js')).list(context, words, options),
};
