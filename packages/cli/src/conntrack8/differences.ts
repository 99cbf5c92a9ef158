/** One thing that we do otherwise than conntrack(8) 1.4.7, on purpose. */
export interface Difference {
  /** Stable; the test that holds it has the same. */
  readonly id: string;
  /** The command line, or what it is about. */
  readonly command: string;
  readonly conntrack: string;
  readonly ours: string;
  readonly why: string;
}

const row = (id: string, command: string, conntrack: string, ours: string, why: string): Difference => ({
  id,
  command,
  conntrack,
  ours,
  why,
});

const ASKED = 'It deletes, or zeroes, more than was asked for.';
const WORDS = 'It is what the words mean.';
const LATER = 'conntrack-tools 1.4.8 or 1.4.9 does it like this.';

/** Every difference, those that could do harm first. The page of the documentation is made from this table. */
export const DIFFERENCES: readonly Difference[] = [
  row(
    'delete-status-negated',
    '-D -u UNREPLIED, -D -u !ASSURED',
    'deletes every entry',
    'deletes those without the bit',
    ASKED,
  ),
  row(
    'status-unset',
    '-D -u UNSET, -L -u UNSET',
    'deletes every entry; lists none and fails',
    'those with none of the bits SEEN_REPLY, ASSURED, FIXED_TIMEOUT and EXPECTED: what -o save calls UNSET',
    ASKED,
  ),
  row(
    'delete-status-ignored',
    '-D -u SRC_NAT, -D -u DST_NAT',
    'passes over the word, and deletes every entry',
    'refuses: exit code 2',
    ASKED,
  ),
  row('delete-timeout', '-D -t SECONDS', 'deletes every entry', 'deletes those that expire in so many seconds', ASKED),
  row(
    'joined-table',
    '-Dp tcp, -Lp tcp, -Lexpect',
    'ignores what is joined to a command: -Dp tcp deletes every entry, -Lp tcp lists every entry',
    'a command takes no argument: -D -p tcp, -L -p tcp, -L -e xpect',
    `${ASKED} ${LATER}`,
  ),
  row(
    'negated-word',
    '-D ! -s ADDRESS, -D -n !ADDRESS',
    'ignores the word: deletes the entries of ADDRESS; every entry with source NAT',
    'refuses: exit code 2. Only -u takes a !',
    ASKED,
  ),
  row('gre-keys', '-D -p gre --srckey KEY', 'deletes all GRE, and -L lists all', 'compares the keys', ASKED),
  row('flush-family', '-F -f ipv6', 'empties IPv4 as well', 'empties the family', ASKED),
  row('zero-filtered', '-L -z -n, -g, -j or -l', 'zeroes all counters, shows some', 'refuses: exit code 2', ASKED),
  row('prefix-empty', '-s ADDRESS/', 'takes it for /0: everything', 'refuses: Invalid netmask', ASKED),
  row(
    'mask-kept',
    '-s 1.1.1.0/24 -s 10.0.0.1/32',
    'the last address under the first mask',
    'the last address under its own mask',
    ASKED,
  ),
  row(
    'nat-icmpv6',
    '-n, -g, -j',
    'takes an echo’s identifier for a port, and so shows, and deletes, echoes that no NAT has changed',
    'compares identifiers',
    ASKED,
  ),
  row(
    'delete-id',
    '-D',
    'deletes whatever has the tuple by then',
    'reply tuple and id go along: a connection that took over the tuple is left alone',
    ASKED,
  ),
  row(
    'delete-gone',
    '-D',
    'ends with an error when an entry expires meanwhile',
    'passes over it, and deletes the rest',
    LATER,
  ),
  row(
    'update-zone',
    '-U of an entry in a zone',
    'fails, or changes the entry of the same tuple in no zone',
    'changes the entry',
    'It is another connection.',
  ),
  row('nat-ipv6', '-n, -g, -j with an IPv6 address', 'ignores the address', 'compares it', WORDS),
  row('nat-joined', '-n1.2.3.4, --src-nat=1.2.3.4', 'ignores the address', 'compares it', WORDS),
  row('status-mixed', '-L -u SEEN_REPLY,!ASSURED', 'never matches', 'both conditions', WORDS),
  row('status-twice', '-L -u ASSURED -u SEEN_REPLY', 'never matches', 'both bits', WORDS),
  row('mark-and-status', '-L -m MARK -u STATUS', 'the later -u overwrites the mark', 'both conditions', LATER),
  row(
    'secmark',
    '-c SECMARK',
    'is never compared',
    'is compared; an entry without a security mark has 0. Where the kernel tells security contexts in place of marks: fails, exit code 1',
    WORDS,
  ),
  row(
    'get-zone',
    '-G -w ZONE, --orig-zone, --reply-zone',
    'is not allowed',
    'finds the entry of that zone',
    'Entries in a zone cannot be had otherwise.',
  ),
  row('get-reply', '-G by --reply-src and --reply-dst', 'always fails', 'finds the entry', WORDS),
  row(
    'reply-ports',
    '-I with a part of the reply',
    'fails without reply ports, and ignores reply ports without reply addresses',
    'what is not said is the original direction turned round',
    WORDS,
  ),
  row(
    'add-existing',
    '-A of an entry that exists',
    'leaves it as it is: 0 added',
    'changes it as -U would: 1 added. If the entry has another reply direction or translation than asked for: fails, exit code 1',
    `${LATER} The kernel cannot change a translation.`,
  ),
  row('update-family', '-U without -f and address', 'fails: Operation not supported', 'changes both families', LATER),
  row('update-lines', '-U of many entries', 'shows some of them', 'shows each', LATER),
  row(
    'tcp-flags',
    '-U -p tcp',
    'also sets the flags BE_LIBERAL and SACK_PERM of window tracking',
    'leaves them',
    'Nobody asked for laxer checks.',
  ),
  row(
    'expect-protocol',
    '-I expect --tuple-port-dst',
    'the port’s lower byte becomes the protocol',
    'the protocol is that of -p',
    'Corrected in 1.4.9 for TCP; SCTP and DCCP here as well.',
  ),
  row(
    'number-checked',
    '-m foo, --dport http, --dport 80-90, --sport 65546, -t abc',
    'takes the digits in front, or 0, cut to 16 bits',
    'refuses: exit code 1 for -m, -w, -c and -i (as 1.4.9), 2 for the rest',
    'The entry that is shown, or deleted, would be another.',
  ),
  row(
    'reply-zone-alone',
    '--reply-zone ZONE without a command',
    'shows the help: exit code 0',
    'refuses, as every other option without a command: exit code 2',
    'It is no question for help.',
  ),
  row(
    'two-protocols',
    '-p tcp -p udp --state X, -p tcp --state X -p udp',
    'the options of the first protocol are still known, and counted as those of the last in their places',
    'those of the last alone: exit code 2',
    WORDS,
  ),
  row(
    'protocol-by-file',
    '-L -p icmpv6 -p ipv6-icmp --icmpv6-id 77',
    'after a name that only /etc/protocols has, takes the options of the -p before it, and does not heed them',
    'heeds them',
    WORDS,
  ),
  row(
    'crash',
    '-p sctp --state BOGUS, -L --id, -R with several lines of labels',
    'crashes',
    'says what is wrong: exit code 2; labels are loaded once a line',
    'It is a crash.',
  ),
  row(
    'xml-states',
    '-o xml with SCTP or DCCP',
    'names states by the table of TCP',
    'by their own tables, and marks the element: states="own"',
    'FIN_WAIT is no state of SCTP.',
  ),
  row(
    'delta-time',
    'delta-time= of an entry that began after now (the clock was set back)',
    '18446744073709551516',
    '0',
    'No entry is as old as that.',
  ),
  row('xml-userspace', '-E -o xml', '[USERSPACE] behind </flow>, which no reader of XML takes', 'leaves it out', LATER),
  row('long-lines', 'lines of more than 1,024 bytes', 'are cut', 'are whole', 'What is cut cannot be read.'),
  row('event-buffer', '-E -b BYTES', 'sizes another socket than the one of the events', 'sizes the events’', WORDS),
  row(
    'event-loss',
    '-E',
    'keeps as many unread events as net.core.rmem_default holds (166)',
    'keeps 50,000',
    'It loses two events of three in a burst.',
  ),
  row(
    'event-time',
    '-E -o timestamp',
    'the time of printing',
    'the time of the event, where the kernel tells it (6.14, nf_conntrack_timestamp)',
    LATER,
  ),
  row(
    'event-mark',
    '-E -m 0',
    'misses [DESTROY] of entries without a mark: the kernel leaves a mark of 0 out of it',
    'shows it',
    WORDS,
  ),
  row(
    'time-rules',
    '-o ktimestamp with TZ=CET-1CEST,M3.5.0,M10.5.0/3',
    'the local time by the rules that TZ spells out',
    'UTC',
    'Node knows time zones by their names (Europe/Berlin) and by /etc/localtime.',
  ),
  row(
    'flush-said',
    '-F without the privilege',
    'says that the table was emptied, then that it failed',
    'says that it failed',
    'The table was not emptied.',
  ),
  row('labelmap', '--labelmap FILE', 'is not known', 'takes names of labels from the file', LATER),
  row(
    'full-disk',
    'output to a full disk',
    'is not noticed: exit code 0',
    'is said: exit code 1',
    'A listing that is cut short is taken for a whole one.',
  ),
  row(
    'broken-pipe',
    '-L | head',
    'ended by SIGPIPE',
    'exit code 141, which shells show for SIGPIPE',
    'Node ignores SIGPIPE.',
  ),
  row('crlf', '-R of a file with CRLF', 'takes the carriage return for a part of the last word', 'takes it off', WORDS),
  row(
    'load-line',
    '-R of a file with a wrong line, or one that fails',
    'says what is wrong',
    'says what is wrong, then on a line of its own which line of the file it was, and what was executed',
    'A file may have thousands of lines.',
  ),
  row('load-folder', '-R FOLDER', 'does nothing: exit code 0', 'says that it cannot be read: exit code 2', WORDS),
  row('progname', '[USERSPACE] progname=', 'conntrack', 'node', 'It is the process’s name.'),
  row('help', '-h', 'a text of its own', 'made from the table of options', 'It says which command takes which option.'),
];
