import { withBulkOptions, withOwnSession } from '../../options/bulk.js';
import { FILTER_NOTES } from '../notes.js';
import type { Verb } from '../verb.js';

export const drain: Verb = {
  usage: 'drain [filter...]',
  summary: 'Give all entries that match a filter a deadline that traffic does not extend',
  group: 'change',
  examples: [
    'ctctl drain dst=10.0.0.7 dport=8080 --within 30s',
    "ctctl drain 'reply.src=10.0.0.7' --within 5m --dry-run",
    'ctctl drain zone=7 --within 10s --max-affected 20000 --yes',
  ],
  filters: true,
  notes: FILTER_NOTES,
  table: true,
  options: command =>
    withOwnSession(withBulkOptions(command))
      .requiredOption('--within <time>', 'when the entries end at the latest: seconds, or 90s, 5m, 12h')
      .option('-o, --output <format>', 'json prints the result; a dry run prints entries in any format'),
  run: async (context, words, options) => (await import('../../verbs/drain.js')).drain(context, words, options),
};
