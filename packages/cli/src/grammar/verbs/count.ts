import { FILTER_NOTES } from '../notes.js';
import type { Verb } from '../verb.js';

export const count: Verb = {
  usage: 'count [filter...]',
  summary: 'Count all entries, or the entries that match a filter',
  group: 'read',
  examples: ['ctctl count', "ctctl count 'proto=udp&unreplied'", "ctctl count 'state=SYN_SENT'"],
  notes: FILTER_NOTES,
  table: true,
  run: async (context, words, options) => (await import('../../verbs/count.js')).count(context, words, options),
};
