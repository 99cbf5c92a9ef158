import type { Verb } from '../verb.js';

export const stats: Verb = {
  usage: 'stats',
  summary: 'Show how full the table is, and the counters of each CPU with their meaning',
  group: 'diagnose',
  examples: ['ctctl stats', 'ctctl stats --watch=5', 'ctctl stats -o json'],
  table: true,
  options: command =>
    command
      .option('--watch [seconds]', 'show the counters and their changes again and again (default: every 2 seconds)')
      .option('-o, --output <format>', 'json prints the counters as JSON; with --watch, an object in each line'),
  run: async (context, options) => (await import('../../verbs/stats.js')).stats(context, options),
};
