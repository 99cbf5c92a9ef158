import { looksLikeKey } from '@conntrack/flow';
import type { Command } from 'commander';
import { UsageError } from '../process/usage-error.js';

/** An option of conntrack(8), and the field of filters that it stands for. */
interface FilterOption {
  readonly flags: string;
  readonly field: string;
  readonly description: string;
}

const option = (flags: string, field: string, description: string): FilterOption => ({ flags, field, description });

/** The options that `list`, `delete` and others have as filters, named like those of conntrack(8). */
export const FILTER_OPTIONS: readonly FilterOption[] = [
  option('-p, --proto <protocol>', 'proto', 'protocol: proto=…'),
  option('-s, --src <address>', 'src', 'source address or prefix: src=…'),
  option('-d, --dst <address>', 'dst', 'destination address or prefix: dst=…'),
  option('--sport <port>', 'sport', 'source port: sport=…'),
  option('--dport <port>', 'dport', 'destination port: dport=…'),
  option('-r, --reply-src <address>', 'reply.src', 'source of the reply: reply.src=…'),
  option('-q, --reply-dst <address>', 'reply.dst', 'destination of the reply: reply.dst=…'),
  option('--reply-port-src <port>', 'reply.sport', 'source port of the reply: reply.sport=…'),
  option('--reply-port-dst <port>', 'reply.dport', 'destination port of the reply: reply.dport=…'),
  option('-n, --src-nat [address]', 'src-nat', 'source NAT, to this address: src-nat=…'),
  option('-g, --dst-nat [address]', 'dst-nat', 'destination NAT, to this address: dst-nat=…'),
  option('-j, --any-nat [address]', 'any-nat', 'any NAT, to this address: any-nat=…'),
  option('--state <state>', 'state', 'state: state=…'),
  option('-u, --status <bits>', 'status', 'status bits: status=…'),
  option('-m, --mark <mark[/mask]>', 'mark', 'connection mark: mark=…'),
  option('-l, --label <label>', 'label', 'connection label: label=…'),
  option('-w, --zone <number>', 'zone', 'zone: zone=…'),
  option('-f, --family <family>', 'family', 'ipv4 or ipv6: family=…'),
  option('-i, --id <id>', 'id', 'id of the entry: id=…'),
];

/** The heading of these options in the help. */
export const FILTER_HEADING = 'Filters, as in conntrack(8):';

/** Names of options that a verb may have with another meaning: `--mark` of `update` sets the mark. */
const namesOf = (flags: string): string[] => flags.match(/--?[\w-]+/g)!;

/** The long name of an option, without dashes. */
export const nameOf = (flags: string): string => /--([\w-]+)/.exec(flags)![1]!;

/** Keeps all values of an option, so that none of them is ignored. */
const collected = (text: string, all: unknown): string[] => [...(Array.isArray(all) ? (all as string[]) : []), text];

/** Adds the options that are filters. An option of the verb keeps its own meaning. */
export function withFilterOptions(command: Command): Command {
  const own = new Set(command.options.flatMap(({ flags }) => namesOf(flags)));
  for (const { flags, description } of FILTER_OPTIONS) {
    if (namesOf(flags).some(name => own.has(name))) continue;
    command.addOption(command.createOption(flags, description).argParser(collected).helpGroup(FILTER_HEADING));
  }
  return command;
}

/**
 * The filters that the options of a verb stand for, as words of a query string: `proto=tcp` for `-p tcp`.
 *
 * @throws UsageError for a repeated option, and for filters beside a key
 */
export function takeFilters(command: Command, words: readonly string[]): string[] {
  const pairs: string[] = [];
  for (const { flags, field } of FILTER_OPTIONS) {
    const found = command.options.find(each => each.flags === flags && each.helpGroupHeading === FILTER_HEADING);
    if (found === undefined) continue;
    const value: true | string[] | undefined = command.getOptionValue(found.attributeName());
    if (value === undefined) continue;
    if (words.some(word => looksLikeKey(word)))
      throw new UsageError(`${found.long} does not apply here: a key already identifies the entry`);
    if (value !== true && value.length > 1)
      throw new UsageError(
        `${found.long} was given ${value.length} times. For any of several values: ${field}=${value}`,
      );
    pairs.push(value === true ? field : `${field}=${value[0]}`);
  }
  return pairs;
}
