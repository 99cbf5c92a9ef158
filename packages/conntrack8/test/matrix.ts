import type { Case } from './case.js';

const COMMANDS = [
  ...['-L', '-G', '-D', '-I', '-A', '-U', '-E', '-F', '-C', '-S'],
  ...['-L expect', '-G expect', '-D expect', '-I expect', '-E expect', '-F expect', '-C expect', '-S expect'],
  ...['-L dying', '-L unconfirmed', '-V', ''],
];

/** Every option with valid values. */
const OPTIONS = [
  ...['-s 10.0.0.1', '-d 10.0.0.2', '-r 10.0.0.2', '-q 10.0.0.1', '-p tcp', '-p icmp', '-p 50', '-t 100', '-z'],
  ...['-e NEW', '-b 100000', '-f ipv4', '-f ipv6', '-m 1', '-c 1', '-i 1', '-o id', '-o save', '-w 1', '-l one'],
  ...['-n', '-g', '-j', '-n 1.2.3.4', '-a 1.2.3.4', '-u ASSURED', '--orig-zone 1', '--reply-zone 1'],
  ...['--label-add one', '--label-del', '--label-del one', '--tuple-src 10.0.0.1', '--tuple-dst 10.0.0.1'],
  ...['--mask-src 255.0.0.0', '--mask-dst 255.0.0.0', '-s 10.0.0.0/8', '-d 10.0.0.0/8'],
  ...['-p tcp --sport 1', '-p tcp --dport 1', '-p tcp --state ESTABLISHED', '-p tcp --reply-port-src 1'],
  ...['-p tcp --mask-port-src 1', '-p tcp --mask-port-dst 1', '-p tcp --tuple-port-src 1', '-p tcp --tuple-port-dst 1'],
  ...['-p udp --sport 1', '-p udp --mask-port-src 1', '-p sctp --orig-vtag 1', '-p sctp --reply-vtag 1'],
  ...['-p dccp --role client', '-p dccp --state OPEN', '-p icmp --icmp-type 8', '-p icmpv6 --icmpv6-id 1'],
  ...['-p gre --mask-key-src 1', '-p gre --tuple-key-dst 1', '-p udplite --dport 1'],
];

/** Combinations of command and option that wait for events, if they are accepted. */
const waits = (words: string): boolean => /^-E( expect)? /.test(words);

/** Counters of processors: each namespace and each run has its own. */
const unsteady = (words: string): boolean => /^-S .*-a /.test(words);

/** The deliberate differences, by id. */
const DELIBERATE: Readonly<Record<string, RegExp>> = {
  help: /^-a /,
  'reply-zone-alone': /^--reply-zone \d+ $/,
  'update-family': /^-U (?!.*-[sdrqf] )/,
  'update-lines, update-zone': /^-U .*(-[tmu]|--label-\w+|--state) /,
  secmark: /^-[LE] .*-c /,
  'get-zone': /^-G .*(-w|--(orig|reply)-zone) /,
  'delete-timeout': /^-D .*-t /,
  'flush-family': /^-F .*-f /,
  'zero-filtered': /^-L .*-z.* -[ngj]|^-L .*-[ngj].* -z/,
  'two-protocols': /-p .* -p \w+ --|-p \w+ --.* -p /,
  'mark-and-status': /^-L .*-m .*-u /,
};
const deliberate = (words: string): boolean => Object.values(DELIBERATE).some(pattern => pattern.test(`${words} `));

/**
 * Each command with each option, and with each pair of options if `pairs`: to find out which combinations are allowed.
 */
export function matrix(pairs: boolean): Case[] {
  const found: Case[] = [];
  for (const command of COMMANDS)
    for (const [i, option] of OPTIONS.entries())
      for (const other of pairs ? ['', ...OPTIONS.slice(i + 1)] : ['']) {
        const words = `${command} ${option} ${other}`.trim();
        if (!waits(words) && !unsteady(words) && !deliberate(words)) found.push({ argv: words.split(/ +/) });
      }
  return found;
}
