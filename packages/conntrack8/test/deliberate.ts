import type { Flow, NewFlow } from '@conntrack/flow';
import type { RunResult } from '@conntrack/lab';
import { type Case, line } from './case.js';

/** The result of a run, with the table afterwards. */
export interface Outcome extends RunResult {
  readonly table: readonly Flow[];
}

/** A command line that this program deliberately answers differently from conntrack 1.4.7. */
export interface Deliberate {
  /** The id of the reason in `DIFFERENCES`. */
  readonly id: string;
  readonly of: Case;
  /** What to compare, and its value after conntrack, so that the difference is proven. */
  readonly theirs: Expected;
  /** The value after this program. */
  readonly ours: Expected;
}
type Expected = readonly [look: (outcome: Outcome) => unknown, expected: unknown];

const tuple = (sport: number) => ({ src: '10.0.0.1', dst: '10.0.0.2', sport, dport: 80 });
const base = { family: 'ipv4', timeout: 5000 } as const;
const tcp = (sport: number, more: Partial<NewFlow> = {}): NewFlow => ({
  ...base,
  protonum: 6,
  original: tuple(sport),
  state: 'ESTABLISHED',
  ...more,
});
const udp = (sport: number, more: Partial<NewFlow> = {}): NewFlow => ({
  ...base,
  protonum: 17,
  original: tuple(sport),
  ...more,
});
const gre = (srckey: number): NewFlow => ({
  ...base,
  protonum: 47,
  original: { src: '10.0.0.1', dst: '10.0.0.2', srckey, dstkey: 2 },
});
const v6 = { src: '2001:db8::1', dst: '2001:db8::2', sport: 6, dport: 80 };

/** One entry for each kind of difference. */
export const TABLE: readonly NewFlow[] = [
  tcp(1, { status: ['SEEN_REPLY', 'ASSURED'], mark: 0x25 }),
  tcp(2, { status: ['SEEN_REPLY'], timeout: 7000 }),
  tcp(3, { nat: { src: { address: '198.51.100.1' } }, status: ['SEEN_REPLY'] }),
  udp(4, { labels: [1] }),
  udp(5, { zone: 9 }),
  gre(0x10),
  gre(0x20),
  { ...base, family: 'ipv6', protonum: 6, state: 'ESTABLISHED', original: v6 },
  {
    ...base,
    family: 'ipv6',
    protonum: 17,
    original: { ...v6, sport: 7 },
    nat: { dst: { address: '2001:db8::8' } },
  },
];

/** The source ports or keys of the remaining entries. */
const left = ({ table }: Outcome): number[] =>
  table.map(({ original }) => original.sport ?? original.srckey!).sort((one, other) => one - other);
const ALL = [1, 2, 3, 4, 5, 6, 7, 0x10, 0x20];
const without = (...ports: number[]): number[] => ALL.filter(port => !ports.includes(port));
const lines = ({ stdout }: Outcome): number => stdout.split('\n').length - 1;
const code = ({ status, signal }: Outcome): number | string | null => status ?? signal;
const markOf =
  (sport: number) =>
  ({ table }: Outcome): number | undefined =>
    table.find(({ original }) => original.sport === sport)?.mark;
/** Rejected with this exit code and message, and nothing changed. */
const refused = (status: number, text: RegExp): Expected => [
  outcome => ({ status: outcome.status, left: left(outcome), said: text.test(outcome.stderr) || outcome.stderr }),
  { status, left: ALL, said: true },
];

export const DELIBERATE: readonly Deliberate[] = [
  { id: 'delete-status-negated', of: line('-D -u UNREPLIED'), theirs: [left, []], ours: [left, [1, 2, 3]] },
  { id: 'delete-status-negated', of: line('-D -u !ASSURED'), theirs: [left, []], ours: [left, [1]] },
  { id: 'status-unset', of: line('-D -u UNSET'), theirs: [left, []], ours: [left, [1, 2, 3]] },
  { id: 'status-unset', of: line('-L -u UNSET'), theirs: [code, 1], ours: [lines, ALL.length - 3] },
  { id: 'delete-status-ignored', of: line('-D -u SRC_NAT'), theirs: [left, []], ours: refused(2, /names no bit/) },
  { id: 'delete-timeout', of: line('-D -t 4242'), theirs: [left, []], ours: [left, ALL] },
  {
    id: 'gre-keys',
    of: line('-D -p gre --srckey 0x10'),
    theirs: [left, without(0x10, 0x20)],
    ours: [left, without(0x10)],
  },
  { id: 'gre-keys', of: line('-L -p gre --srckey 0x99'), theirs: [lines, 2], ours: [lines, 0] },
  { id: 'flush-family', of: line('-F -f ipv6'), theirs: [left, []], ours: [left, without(6, 7)] },
  { id: 'zero-filtered', of: line('-L -z -n'), theirs: [code, 0], ours: refused(2, /-z/) },
  { id: 'zero-filtered', of: line('-L -z -j'), theirs: [code, 0], ours: refused(2, /-z/) },
  { id: 'status-mixed', of: line('-L -u SEEN_REPLY,!ASSURED'), theirs: [lines, 0], ours: [lines, 2] },
  { id: 'secmark', of: line('-L -c 5'), theirs: [lines, ALL.length], ours: [lines, 0] },
  { id: 'nat-ipv6', of: line('-L -g 2001:db8::1'), theirs: [lines, 1], ours: [lines, 0] },
  { id: 'nat-joined', of: line('-L -n198.51.100.9'), theirs: [lines, 1], ours: [lines, 0] },
  { id: 'nat-joined', of: line('-L --src-nat=198.51.100.9'), theirs: [lines, 1], ours: [lines, 0] },
  {
    id: 'get-zone',
    of: line('-G -p udp -s 10.0.0.1 -d 10.0.0.2 --sport 5 --dport 80 -w 9'),
    theirs: [code, 2],
    ours: [lines, 1],
  },
  {
    id: 'get-reply',
    of: line('-G -p udp -r 10.0.0.2 -q 10.0.0.1 --reply-port-src 80 --reply-port-dst 4'),
    theirs: [code, 1],
    ours: [lines, 1],
  },
  { id: 'crash', of: line('-L -p sctp --state bogus'), theirs: [code, 'SIGSEGV'], ours: refused(2, /bogus/) },
  { id: 'crash', of: line('-L --id'), theirs: [code, 'SIGSEGV'], ours: refused(2, /--id/) },
  {
    id: 'add-existing',
    of: line('-A -p udp -s 10.0.0.1 -d 10.0.0.2 --sport 4 --dport 80 -t 6000 -m 8'),
    theirs: [markOf(4), 0],
    ours: [markOf(4), 8],
  },
  { id: 'update-family', of: line('-U -p udp -m 5'), theirs: [code, 1], ours: [lines, 3] },
  { id: 'mark-and-status', of: line('-L -m 0x25 -u ASSURED'), theirs: [lines, 0], ours: [lines, 1] },
  {
    id: 'number-checked',
    of: line('-L -m foo'),
    theirs: [code, 0],
    ours: refused(1, /unexpected value 'foo' with -m option/),
  },
  {
    id: 'reply-zone-alone',
    of: line('--reply-zone 1'),
    theirs: [code, 0],
    ours: refused(2, /Illegal option `--reply-zone'/),
  },
  {
    id: 'add-existing',
    of: line('-A -p tcp -s 10.0.0.1 -d 10.0.0.2 --sport 3 --dport 80 --state ESTABLISHED -t 6000 -n 198.51.100.1 -m 8'),
    theirs: [markOf(3), 0],
    ours: [outcome => [code(outcome), markOf(3)(outcome), left(outcome)], [0, 8, ALL]],
  },
  {
    id: 'add-existing',
    of: line(
      '-A -t 6000 -u UNSET -s 10.0.0.1 -d 10.0.0.2 -r 10.0.0.2 -q 10.0.0.1 -p tcp --sport 1 --dport 80 --reply-port-src 80 --reply-port-dst 1 --state CLOSE -m 8',
    ),
    theirs: [markOf(1), 0x25],
    ours: [outcome => [code(outcome), markOf(1)(outcome)], [0, 8]],
  },
  ...['-n 198.51.100.2', '-n 198.51.100.1:99', '-g 198.51.100.1', '-r 10.0.0.9 -q 198.51.100.1'].map(
    (other): Deliberate => ({
      id: 'add-existing',
      of: line(`-A -p tcp -s 10.0.0.1 -d 10.0.0.2 --sport 3 --dport 80 --state ESTABLISHED -t 6000 -m 8 ${other}`),
      theirs: [outcome => [code(outcome), markOf(3)(outcome)], [0, 0]],
      ours: [
        outcome => [code(outcome), markOf(3)(outcome), /another reply direction \(src=10/.test(outcome.stderr)],
        [1, 0, true],
      ],
    }),
  ),
  { id: 'joined-table', of: line('-Lexpect'), theirs: [code, 0], ours: refused(2, /xpect/) },
  { id: 'joined-table', of: line('-Lp tcp'), theirs: [lines, ALL.length], ours: [lines, 4] },
  { id: 'joined-table', of: line('-Lp udp'), theirs: [lines, ALL.length], ours: [lines, 3] },
  { id: 'joined-table', of: line('-Lf ipv6'), theirs: [lines, ALL.length], ours: [lines, 2] },
  { id: 'joined-table', of: line('-Dp tcp'), theirs: [left, []], ours: [left, without(1, 2, 3, 6)] },
  ...['-D ! -s 10.0.0.1', '-D -s 10.0.0.1 ! -p udp', '-D -n !198.51.100.1', '-D !-p -s 10.0.0.1', '-L ! -p tcp'].map(
    (text): Deliberate => ({
      id: 'negated-word',
      of: line(text),
      theirs: [code, 0],
      ours: refused(2, /Cannot negate with `!.*only --status takes a `!'/),
    }),
  ),
];
