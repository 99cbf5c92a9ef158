import { FORMATS } from '../../options/format.js';
import { withTupleOptions } from '../../options/tuple.js';
import type { Verb } from '../verb.js';

export const get: Verb = {
  usage: 'get [key]',
  summary: 'Get one entry by its key or by its complete tuple',
  group: 'read',
  examples: [
    'ctctl get ct1.AQAAAgbAqAEKXbjYIsgiAbvK_rq-',
    'ctctl get -p tcp -s 10.0.0.1 -d 10.0.0.2 --sport 40000 --dport 443',
    'ctctl get -p udp -s 10.0.0.2 -d 203.0.113.7 --sport 53 --dport 40000 --reply',
  ],
  table: true,
  options: command =>
    withTupleOptions(
      command.option('-o, --output <format>', `block (default on a terminal) or ${FORMATS}; default in a pipe: text`),
    ).option('--reply', 'the tuple is that of the reply direction'),
  run: async (context, key, options) => (await import('../../verbs/get.js')).get(context, key, options),
};
