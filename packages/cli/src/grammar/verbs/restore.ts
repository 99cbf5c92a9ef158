import type { Verb } from '../verb.js';

export const restore: Verb = {
  usage: 'restore [file]',
  summary: 'Create entries from a snapshot or any capture, and report what was refused',
  group: 'keep',
  examples: [
    'ctctl restore table.ndjson.gz --dry-run',
    'ctctl restore table.ndjson.gz',
    'ctctl restore - --skip-bad-lines < capture.txt',
  ],
  table: true,
  options: command =>
    command
      .option('--dry-run', 'count what would be created, and create nothing')
      .option('-o, --output <format>', 'json prints the report as JSON'),
  run: async (context, file, options) => (await import('../../verbs/restore.js')).restore(context, file, options),
};
