import { withBulkOptions } from '../../options/bulk.js';
import { withFormat } from '../../options/format.js';
import { FILTER_NOTES } from '../notes.js';
import type { Verb } from '../verb.js';

export const remove: Verb = {
  usage: 'delete [key|filter...]',
  summary: 'Delete one entry, or all entries that match a filter',
  group: 'change',
  examples: [
    "ctctl delete 'dst=10.0.0.2&dport=443' --dry-run",
    "ctctl delete 'src=10.0.0.1' --expect 3",
    'ctctl delete ct1.AQAAAgbAqAEKXbjYIsgiAbvK_rq-',
  ],
  notes: FILTER_NOTES,
  table: true,
  options: command => withBulkOptions(withFormat(command)),
  run: async (context, words, options) => (await import('../../verbs/delete.js')).remove(context, words, options),
};
