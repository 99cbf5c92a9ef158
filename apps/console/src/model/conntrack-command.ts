// A filter as a command line of conntrack(8), which has options for a part of the filter language.
import type { Filter, Test } from '@conntrack/filter';
import { printQuery } from '@conntrack/filter/print';
import { termsOf } from './filter-edit.js';
import { shellWord } from './format.js';

/** The options, by field. Those with a dash after `-p` exist only for some protocols. */
const OPTIONS: Readonly<Record<string, string>> = {
  proto: '-p',
  family: '-f',
  src: '-s',
  dst: '-d',
  'reply.src': '-r',
  'reply.dst': '-q',
  mark: '-m',
  zone: '-w',
  unreplied: '-u UNREPLIED',
  assured: '-u ASSURED',
  state: '--state',
  sport: '--sport',
  dport: '--dport',
  'reply.sport': '--reply-port-src',
  'reply.dport': '--reply-port-dst',
};
/** Options of a protocol, which must be named before them. */
const OF_PROTOCOL = /^--/;
const SINGLE: ReadonlySet<string> = new Set(['number', 'masked', 'address', 'prefix', 'state']);

const isSingle = ({ field, op, values }: Test): boolean =>
  op === 'exists'
    ? field === 'unreplied' || field === 'assured'
    : op === 'eq' && values.length === 1 && SINGLE.has(values[0]!.type);

/** The option for a term; `undefined` if there is none. */
function optionOf(term: Filter): string | undefined {
  if (term.kind !== 'test' || !isSingle(term)) return undefined;
  const option = OPTIONS[term.field];
  if (option === undefined || term.op === 'exists') return option;
  const text = decodeURIComponent(printQuery(term).replace(/^[^=]*=/, ''));
  return `${option} ${/^[\w.:/]+$/.test(text) ? text : shellWord(text)}`;
}

/** A command, or why there is none. */
export type Command = { command: string } | { why: string };

/** Writes a filter as `conntrack -L …`. */
export function conntrackCommand(text: string): Command {
  const terms = termsOf(text);
  const options: string[] = [];
  for (const term of terms) {
    const option = optionOf(term);
    if (option === undefined) return { why: `conntrack(8) has no option for ${decodeURIComponent(printQuery(term))}` };
    options.push(option);
  }
  // The protocol has to come before its options, and an option can be given once.
  options.sort((one, other) => Number(OF_PROTOCOL.test(one)) - Number(OF_PROTOCOL.test(other)));
  const names = options.map(option => option.split(' ')[0]);
  if (names.some(name => OF_PROTOCOL.test(name!)) && !names.includes('-p'))
    return { why: 'conntrack(8) needs a protocol for ports and states' };
  if (new Set(names).size < names.length) return { why: 'conntrack(8) takes each option once' };
  return { command: ['conntrack -L', ...options].join(' ') };
}
