import { withBulkOptions, withShownEntries } from '../../options/bulk.js';
import { FILTER_NOTES, SETTING_NOTES } from '../notes.js';
import type { Verb } from '../verb.js';

export const update: Verb = {
  usage: 'update [key|filter...]',
  summary: 'Change the entries with keys, or all entries that match a filter',
  group: 'change',
  examples: [
    "ctctl update 'src=10.0.0.1' --mark 7",
    'ctctl update ct1.AQAAAgbAqAEKXbjYIsgiAbvK_rq- --timeout 1h',
    "ctctl update 'zone=7&dport=443' --mark 0x10/0xf0 --dry-run",
  ],
  filters: true,
  notes: FILTER_NOTES + SETTING_NOTES,
  table: true,
  options: command =>
    withBulkOptions(withShownEntries(command))
      .option('-m, --mark <mark[/mask]>', 'set the mark; with a mask, the new mark is (old & ~mask) ^ mark')
      .option('-t, --timeout <time>', 'new time until an entry expires without traffic: seconds, or 90s, 5m, 12h, 2d')
      .option('-u, --status <bits>', 'additional status bits to set')
      .option('-l, --labels <labels>', 'replace all labels: bit numbers, or names in connlabel.conf')
      .option('--label-add <labels>', 'set these labels')
      .option('--label-del <labels>', 'clear these labels')
      .option('--detach-helper', 'detach the helper'),
  run: async (context, words, options) => (await import('../../verbs/update.js')).update(context, words, options),
};
