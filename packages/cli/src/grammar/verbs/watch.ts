import { FILTER_NOTES } from '../notes.js';
import type { Verb } from '../verb.js';

export const watch: Verb = {
  usage: 'watch [filter...]',
  summary: 'Show connections as they begin, change and end',
  group: 'watch',
  examples: [
    'ctctl watch dport=53',
    'ctctl watch --events new,destroy src=10.0.0.0/8',
    'ctctl watch --initial -o ndjson',
  ],
  filters: true,
  notes: `${FILTER_NOTES}

If events are lost, a line on standard error (and a record in ndjson) says so.`,
  table: true,
  options: command =>
    command
      .option(
        '-o, --output <format>',
        'table (default on a terminal), text (lines of conntrack -E, default in a pipe) or ndjson',
      )
      .option('--events <types>', 'only these events: new,update,destroy (default: all)')
      .option('--initial', 'first show the entries that exist already')
      .option('--limit <count>', 'end after this many events'),
  run: async (context, words, options) => (await import('../../verbs/watch.js')).watch(context, words, options),
};
