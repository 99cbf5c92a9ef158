import type { Verb } from '../verb.js';

export const flush: Verb = {
  usage: 'flush',
  summary: 'Delete all entries, or all entries of a family, zone or mark',
  group: 'change',
  examples: ['ctctl flush --zone 7', 'ctctl flush --family ipv6 --mark 0x10/0xf0', 'ctctl flush --yes'],
  table: true,
  options: command =>
    command
      .option('-y, --yes', 'delete without asking for confirmation')
      .option('-f, --family <family>', 'only entries of this family: ipv4 or ipv6')
      .option('-w, --zone <number>', 'only entries of this zone')
      .option('-m, --mark <mark[/mask]>', 'only entries with this mark'),
  run: async (context, options) => (await import('../../verbs/flush.js')).flush(context, options),
};
