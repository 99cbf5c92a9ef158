import { invertTuple, type NewFlow } from '@conntrack/flow';
import fc from 'fast-check';
import type { Case } from './case.js';

const from = fc.constantFrom;
type Words = readonly string[];
type Arb = fc.Arbitrary<Words>;
const none: Arb = fc.constant([]);
const one = (...words: string[]): Arb => fc.constant(words);

/** An option with its value, in one of the forms of getopt_long(3). The first name is the short one. */
const option = (names: readonly string[], value: string): Arb =>
  fc.tuple(from(...names), fc.boolean()).map(([name, joined]) => {
    if (!joined) return [name, value];
    return [name.startsWith('--') ? `${name}=${value}` : `${name}${value}`];
  });
const valued = (names: readonly string[], values: readonly string[]): Arb =>
  from(...values).chain(value => option(names, value));

const NAMES: Readonly<Record<number, readonly string[]>> = {
  1: ['icmp', '1', 'ICMP'],
  6: ['tcp', '6', '0x6', 'TCP'],
  17: ['udp', '17'],
  33: ['dccp', '33'],
  47: ['gre', '47'],
  50: ['50', 'esp'],
  58: ['icmpv6', '58', 'ipv6-icmp'],
  132: ['sctp', '132'],
  136: ['udplite', '136'],
  255: ['255'],
};

/** Options that find an entry by its protocol: the protocol, and some of its fields. */
function protocol({ protonum, original, state }: NewFlow): Arb {
  const name = option(['-p', '--proto', '--protonum'], '@').chain(words =>
    from(...NAMES[protonum]!).map(text => words.map(word => word.replace('@', text))),
  );
  const fields: Arb[] = [];
  const { sport, dport, type, code, id } = original;
  if (sport !== undefined && protonum !== 33) {
    fields.push(option(['--sport', '--orig-port-src'], String(sport)), option(['--reply-port-dst'], String(sport)));
    fields.push(option(['--dport', '--orig-port-dst'], String(dport)), option(['--reply-port-src'], String(dport)));
  }
  if (type !== undefined) {
    const prefix = protonum === 58 ? '--icmpv6-' : '--icmp-';
    fields.push(option([`${prefix}type`], String(type)), option([`${prefix}code`], String(code)));
    fields.push(option([`${prefix}id`], String(id)));
  }
  if (state !== undefined && protonum !== 33) fields.push(option(['--state'], state));
  return fc.tuple(name, some(fields, 2)).map(parts => parts.flat());
}

/** Up to `most` of them, in random order. */
const some = (arbitraries: readonly Arb[], most: number): Arb =>
  arbitraries.length === 0
    ? none
    : fc
        .shuffledSubarray([...arbitraries], { minLength: 0, maxLength: Math.min(most, arbitraries.length) })
        .chain(chosen => fc.tuple(...chosen))
        .map(parts => parts.flat());

const PREFIXES = { ipv4: ['/8', '/16', '/24', '/31', '/32', '/0'], ipv6: ['/16', '/48', '/64', '/127', '/128'] };
const MASKS = { ipv4: ['255.255.0.0', '255.0.255.255', '0.0.0.255'], ipv6: ['ffff:ffff::', 'ffff::ffff', '::'] };

/** Options that match an entry, or nearly. */
function selection(flow: NewFlow): Arb {
  const { family, protonum, original, mark = 0, status = [], zone = 0, labels = [], nat } = flow;
  const reply = flow.reply ?? invertTuple(original, protonum);
  const address = (names: readonly string[], mask: string, value: string): Arb =>
    fc.oneof(
      option(names, value),
      option(names, value),
      valued(
        names,
        PREFIXES[family].map(prefix => value + prefix),
      ),
      fc.tuple(option(names, value), valued([mask], MASKS[family])).map(parts => parts.flat()),
    );
  const parts: Arb[] = [
    address(['-s', '--src', '--orig-src'], '--mask-src', original.src),
    address(['-d', '--dst', '--orig-dst'], '--mask-dst', original.dst),
    option(['-r', '--reply-src'], reply.src),
    option(['-q', '--reply-dst'], reply.dst),
    protocol(flow),
    protocol(flow),
    protocol(flow),
    option(['-f', '--family'], family),
    valued(['-w', '--zone'], [String(zone), '0', '5']),
    valued(['--orig-zone'], [String(original.zone ?? zone), '0']),
    valued(['--reply-zone'], [String(reply.zone ?? zone), '7']),
  ];
  // conntrack 1.4.7 ignores the mark if a status follows, so only one of them is used.
  parts.push(
    fc.oneof(
      valued(['-m', '--mark'], [String(mark), `0x${mark.toString(16)}`, `${mark & 5}/5`, '0/0xf0', '1']),
      status.length === 0 ? none : valued(['-u', '--status'], [status.join(','), status[0]!, 'ASSURED']),
    ),
  );
  const named = labels.filter(bit => bit !== 2).map(bit => ({ 0: 'zero', 1: 'one', 3: 'three', 127: 'last' })[bit]!);
  if (named.length > 0) parts.push(valued(['-l', '--label'], [named.join(','), named[0]!, 'sixty-four']));
  // conntrack does not compare the addresses of IPv6 NAT.
  const { src, dst } = nat ?? {};
  const at = ({ address: text, port }: NonNullable<typeof src>, before = 1): Arb =>
    family === 'ipv6' ? none : from(text, `${text}:${port ?? before}`, `${text}:${before}`).map(word => [word]);
  if (src) parts.push(fc.tuple(one('-n'), fc.oneof(none, at(src, original.sport))).map(words => words.flat()));
  if (dst) parts.push(fc.tuple(one('--dst-nat'), fc.oneof(none, at(dst, original.dport))).map(words => words.flat()));
  return some(parts, 4);
}

const LOOKS = ['extended', 'id', 'labels', 'ktimestamp', 'timestamp', 'xml', 'userspace', 'e', 'x', 'l'];
const looks: Arb = fc.oneof(
  none,
  fc.subarray(LOOKS, { minLength: 1, maxLength: 3 }).chain(names => option(['-o', '--output'], names.join(','))),
  option(['-o', '--output'], 'save'),
);

/** The command can be anywhere except between an option and its value. */
const around = (command: Arb, ...others: Arb[]): fc.Arbitrary<Case> =>
  fc.tuple(command, fc.boolean(), ...others).map(([words, last, ...rest]) => ({
    argv: last ? [...rest.flat(), ...words] : [...words, ...rest.flat()],
  }));

const L = fc.oneof(one('-L'), one('--dump'), one('-L', 'conntrack'), one('--du'));
const D = fc.oneof(one('-D'), one('--delete'), one('-D', 'conntrack'), one('--del'));

/** Lists with options that resemble one entry of the table. */
export const randomLists = (flows: readonly NewFlow[], seed: number, count: number): Case[] =>
  fc.sample(
    from(...flows).chain(flow => around(L, selection(flow), looks)),
    { seed, numRuns: count },
  );

/** Deletes with options that resemble one entry of the table. */
export const randomDeletes = (flows: readonly NewFlow[], seed: number, count: number): Case[] =>
  fc.sample(
    from(...flows).chain(flow => around(D, selection(flow), looks)),
    { seed, numRuns: count },
  );

const identity = ({ protonum, original, state }: NewFlow, vtag: string): Words => {
  const { src, dst, sport, dport, type, code, id, srckey, dstkey } = original;
  const words = ['-p', NAMES[protonum]![0]!, '-s', src, '-d', dst];
  if (sport !== undefined) words.push('--sport', String(sport), '--dport', String(dport));
  const prefix = protonum === 58 ? '--icmpv6-' : '--icmp-';
  if (type !== undefined)
    words.push(`${prefix}type`, String(type), `${prefix}code`, String(code), `${prefix}id`, String(id));
  if (srckey !== undefined) words.push('--srckey', String(srckey), '--dstkey', `0x${dstkey!.toString(16)}`);
  if (state !== undefined && protonum !== 33) words.push('--state', state);
  if (protonum === 132) words.push('--orig-vtag', vtag, '--reply-vtag', '7');
  if (protonum === 33) words.push('--state', 'OPEN', '--role', 'client');
  return words;
};

/** Creates of entries that resemble those of the table; most of them do not exist yet. */
export const randomCreates = (flows: readonly NewFlow[], seed: number, count: number): Case[] => {
  const I = fc.oneof(one('-I'), one('--create'), one('-I', 'conntrack'));
  const more = some(
    [
      valued(['-m', '--mark'], ['1', '0xff', '3/1']),
      valued(['-w', '--zone'], ['9', '0', '65535']),
      valued(['-u', '--status'], ['ASSURED', 'SEEN_REPLY', 'ASSURED,SEEN_REPLY', 'FIXED_TIMEOUT']),
      valued(['--label-add'], ['one', 'one,three', 'last']),
    ],
    2,
  ).filter(
    words => !(words.some(word => /^(-m|--mark)/.test(word)) && words.some(word => /^(-u|--status)/.test(word))),
  );
  const timeout = valued(['-t', '--timeout'], ['1000', '99999', '4294967295', '2000000']);
  return fc.sample(
    from(...flows).chain(flow => around(I, fc.constant(identity(flow, '4000000000')), timeout, more)),
    { seed, numRuns: count },
  );
};
