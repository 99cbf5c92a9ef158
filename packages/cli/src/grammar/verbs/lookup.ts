import { FORMATS } from '../../options/format.js';
import type { Verb } from '../verb.js';

export const lookup: Verb = {
  usage: 'lookup <address[:port]> [protocol]',
  summary: 'Say who is behind an address and port, also if it is translated',
  group: 'read',
  examples: ['ctctl lookup 203.0.113.7:40123', 'ctctl lookup [2001:db8::7]:53 udp', 'ctctl lookup 203.0.113.7 -o json'],
  notes: `
The address is looked for at both ends of both directions: a public address after source NAT is found,
and so is a service before and after destination NAT. Without a port, all its connections are found.`,
  table: true,
  options: command =>
    command
      .option('-o, --output <format>', `a sentence for each connection (default), table, wide, name, or ${FORMATS}`)
      .option('--limit <count>', 'maximum number of connections'),
  run: async (context, place, protocol, options) =>
    (await import('../../verbs/lookup.js')).lookup(context, place, protocol, options),
};
