import { withFormat } from '../../options/format.js';
import { withTupleOptions } from '../../options/tuple.js';
import type { Verb } from '../verb.js';

export const create: Verb = {
  usage: 'create',
  summary: 'Create an entry',
  group: 'change',
  examples: [
    'ctctl create -p udp -s 10.0.0.1 -d 10.0.0.2 --sport 40000 --dport 53 -t 5m',
    'ctctl create -p tcp -s 10.0.0.1 -d 10.0.0.2 --sport 40000 --dport 443 -t 1h --state ESTABLISHED -u ASSURED',
    'ctctl create -p udp -s 10.0.0.1 -d 10.0.0.2 --sport 40000 --dport 53 --src-nat 203.0.113.7:40000',
  ],
  table: true,
  options: command =>
    withTupleOptions(withFormat(command))
      .option('-r, --reply-src <address>', 'source of the reply direction (default: the destination)')
      .option('-q, --reply-dst <address>', 'destination of the reply direction (default: the source)')
      .option('--reply-port-src <port>', 'source port of the reply direction')
      .option('--reply-port-dst <port>', 'destination port of the reply direction')
      .option('-n, --src-nat <address[:port]>', 'NAT of the source')
      .option('-g, --dst-nat <address[:port]>', 'NAT of the destination')
      .option(
        '-t, --timeout <time>',
        'time until the entry expires without traffic: seconds, or 90s, 5m, 12h, 2d',
        '120',
      )
      .option('--state <state>', 'TCP, SCTP or DCCP state')
      .option('-u, --status <bits>', 'status bits to set: ASSURED,SEEN_REPLY')
      .option('-m, --mark <mark>', 'connection mark')
      .option('-l, --labels <labels>', 'labels: bit numbers, or names in connlabel.conf')
      .option('--helper <name>', 'connection tracking helper')
      .option('--orig-zone <number>', 'zone of the original direction only')
      .option('--reply-zone <number>', 'zone of the reply direction only'),
  run: async (context, options) => (await import('../../verbs/create.js')).create(context, options),
};
