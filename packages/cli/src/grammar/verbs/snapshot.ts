import { FILTER_NOTES } from '../notes.js';
import type { Verb } from '../verb.js';

export const snapshot: Verb = {
  usage: 'snapshot [filter...]',
  summary: 'Save the entries, so that they can be restored',
  group: 'keep',
  examples: [
    'ctctl snapshot --file table.ndjson.gz',
    "ctctl snapshot 'proto=tcp&state=ESTABLISHED' > established.ndjson",
    'ctctl snapshot -o save > table.save',
  ],
  filters: true,
  notes: FILTER_NOTES,
  table: true,
  options: command =>
    command
      .option('-o, --output <format>', 'ndjson has everything; save is what conntrack -R reads', 'ndjson')
      .option(
        '-f, --file <file>',
        'write this file, completely or not at all; only its owner can read it; .gz compresses',
      ),
  run: async (context, words, options) => (await import('../../verbs/snapshot.js')).snapshot(context, words, options),
};
