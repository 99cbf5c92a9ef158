import { FORMATS } from '../../options/format.js';
import { withServerOptions } from '../../source/server/options.js';
import { FILTER_NOTES } from '../notes.js';
import type { Verb } from '../verb.js';

export const history: Verb = {
  usage: 'history [filter...]',
  summary: 'List, count or rank the flows of the past that match a filter, or record them',
  group: 'read',
  examples: [
    'ctctl history reply.dst=203.0.113.5 reply.dport=40000 --at 14:03 --window 5m',
    'ctctl history src=10.0.0.7 --since 2h -o csv',
    "ctctl history --top src --metric bytes --from '2026-11-30' --to '2026-12-01' --server https://gw1:4680",
    'ctctl history record --dir /var/lib/conntrack/history --days 30 --bytes 20000000000 --nat',
  ],
  filters: true,
  notes: `
The history is recorded by 'ctctl history record' or 'ctctl serve --history'. It is read from --dir, or from a server.
A flow without an end time had not ended when it was last recorded. Times without a zone are those of this host.
${FILTER_NOTES}`,
  options: command =>
    withServerOptions(command)
      .option('--dir <folder>', 'folder of the history')
      .option('--at <time>', 'one moment: 14:03, 2026-11-30T14:03, 2026-11-30T14:03:00Z')
      .option('--window <duration>', 'with --at: how long before and after (default: 1m)')
      .option('--since <duration>', 'how long ago the time span began: 30m, 2h, 7d')
      .option('--from <time>', 'beginning of the time span')
      .option('--to <time>', 'end of the time span (default: now)')
      .option('--count', 'print only the number of flows')
      .option('--top <fields>', 'print the largest groups: src, src,dport, src/24 …')
      .option('--metric <metric>', 'with --top: flows (default), bytes or packets')
      .option(
        '-o, --output <format>',
        `table (default on a terminal), wide, or ${FORMATS}; default in a pipe: text; with --top: table, json or csv`,
      )
      .option('--fields <fields>', 'only these fields, for table, csv, json and ndjson: src,dst,stop,bytes')
      .option('--sort <fields>', 'sort by these fields, - for descending order: -bytes,src')
      .option('--limit <count>', 'maximum number of flows or groups')
      .option('--days <count>', 'record: days after which flows are deleted (required)')
      .option('--bytes <count>', 'record: maximum size of the folder (required)')
      .option('--nat', 'record: also record when a translated flow begins')
      .option('--keep <fields>', 'record: only these fields, for example src,sport,reply.dst,reply.dport,start'),
  run: async (context, words, options) => (await import('../../verbs/history.js')).history(context, words, options),
};
