import { withBulkOptions, withOwnSession } from '../../options/bulk.js';
import { FILTER_NOTES } from '../notes.js';
import type { Verb } from '../verb.js';

export const reconcile: Verb = {
  usage: 'reconcile',
  summary: 'Delete the entries of a scope that no filter of a list matches',
  group: 'change',
  examples: [
    "ctctl reconcile --scope 'proto=udp&dst=10.96.0.10' --keep backends.txt --dry-run",
    'ctctl reconcile --scope dst=203.0.113.7 --keep-filter reply.src=10.0.0.5 --keep-filter reply.src=10.0.0.6',
    'ctctl reconcile --scope dport=53 --keep - --yes < backends.txt',
  ],
  notes: FILTER_NOTES,
  table: true,
  options: command =>
    withOwnSession(withBulkOptions(command))
      .requiredOption('--scope <filter>', 'the entries that may be deleted')
      .option(
        '--keep <file>',
        'a file of filters of the entries to keep, one a line, with # comments; - for standard input',
      )
      .option(
        '--keep-filter <filter>',
        'a filter of entries to keep; can be repeated',
        (text: string, all: string[] = []) => [...all, text],
      )
      .option('-o, --output <format>', 'json prints the result; a dry run prints entries in any format'),
  run: async (context, options) => (await import('../../verbs/reconcile.js')).reconcile(context, options),
};
