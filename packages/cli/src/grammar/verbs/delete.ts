import { withBulkOptions, withOwnSession, withShownEntries } from '../../options/bulk.js';
import { FILTER_NOTES } from '../notes.js';
import type { Verb } from '../verb.js';

export const remove: Verb = {
  usage: 'delete [key|filter...]',
  summary: 'Delete the entries with keys, or all entries that match a filter',
  group: 'change',
  examples: [
    "ctctl delete 'dst=10.0.0.2&dport=443' --dry-run",
    'ctctl delete src=10.0.0.1 --protect dport=22 --show',
    'ctctl delete ct1.AQAAAgbAqAEKXbjYIsgiAbvK_rq-',
    'ctctl list -o name state=SYN_SENT | ctctl delete -',
  ],
  filters: true,
  notes: FILTER_NOTES,
  table: true,
  options: command => withOwnSession(withBulkOptions(withShownEntries(command))),
  run: async (context, words, options) => (await import('../../verbs/delete.js')).remove(context, words, options),
};
