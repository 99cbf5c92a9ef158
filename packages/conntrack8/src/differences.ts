/**
 * The deliberate differences from conntrack(8) 1.4.7, as data for documentation.
 *
 * @module
 */

/** A deliberate difference from conntrack(8) 1.4.7. */
export interface Difference {
  /** Stable id, which the test of the difference also has. */
  readonly id: string;
  /** The command line, or the situation. */
  readonly command: string;
  /** What conntrack(8) 1.4.7 does. */
  readonly conntrack: string;
  /** What this program does. */
  readonly ours: string;
  /** The reason for the difference. */
  readonly why: string;
}

const row = (id: string, command: string, conntrack: string, ours: string, why: string): Difference => ({
  id,
  command,
  conntrack,
  ours,
  why,
});

const ASKED = 'conntrack(8) deletes or resets more than requested.';
const WORDS = 'This is what the options mean.';
const LATER = 'conntrack-tools 1.4.8 or 1.4.9 does the same.';

/** All deliberate differences, the dangerous ones first. The documentation page is generated from this table. */
export const DIFFERENCES: readonly Difference[] = [
  row(
    'delete-status-negated',
    '-D -u UNREPLIED, -D -u !ASSURED',
    'deletes every entry',
    'deletes the entries without the bit',
    ASKED,
  ),
  row(
    'status-unset',
    '-D -u UNSET, -L -u UNSET',
    '-D deletes every entry; -L lists none and fails',
    'matches entries with none of the bits SEEN_REPLY, ASSURED, FIXED_TIMEOUT and EXPECTED, which -o save writes as UNSET',
    ASKED,
  ),
  row(
    'delete-status-ignored',
    '-D -u SRC_NAT, -D -u DST_NAT',
    'ignores the word, and deletes every entry',
    'is an error: exit code 2',
    ASKED,
  ),
  row('delete-timeout', '-D -t SECONDS', 'deletes every entry', 'deletes the entries that expire in SECONDS', ASKED),
  row(
    'joined-table',
    '-Dp tcp, -Lp tcp, -Lexpect',
    'ignores letters that are attached to a command: -Dp tcp deletes every entry, -Lp tcp lists every entry',
    'a command takes no argument, so they are options: -D -p tcp, -L -p tcp, -L -e xpect',
    `${ASKED} ${LATER}`,
  ),
  row(
    'negated-word',
    '-D ! -s ADDRESS, -D -n !ADDRESS',
    'ignores the !: deletes the entries of ADDRESS, or every entry with source NAT',
    'is an error: exit code 2. Only -u supports !',
    ASKED,
  ),
  row(
    'gre-keys',
    '-D -p gre --srckey KEY',
    'deletes all GRE entries; -L lists all of them',
    'compares the keys',
    ASKED,
  ),
  row('flush-family', '-F -f ipv6', 'also deletes IPv4 entries', 'deletes the entries of the family', ASKED),
  row(
    'zero-filtered',
    '-L -z -n, -g, -j or -l',
    'resets the counters of all entries, and shows some of them',
    'is an error: exit code 2',
    ASKED,
  ),
  row('prefix-empty', '-s ADDRESS/', 'means /0: matches everything', 'is an error: Invalid netmask', ASKED),
  row(
    'mask-kept',
    '-s 1.1.1.0/24 -s 10.0.0.1/32',
    'uses the last address with the first mask',
    'uses the last address with its own mask',
    ASKED,
  ),
  row(
    'nat-icmpv6',
    '-n, -g, -j',
    'compares the identifier of an ICMPv6 echo as if it were a port, and so matches echoes that were not translated',
    'compares it as an identifier',
    ASKED,
  ),
  row(
    'delete-id',
    '-D',
    'deletes any connection that has the tuple at that moment',
    'the request contains reply tuple and id, so a connection that replaced the entry is not deleted',
    ASKED,
  ),
  row(
    'delete-gone',
    '-D',
    'stops with an error if an entry expires before it is deleted',
    'skips it, and deletes the rest',
    LATER,
  ),
  row(
    'update-zone',
    '-U of an entry in a zone',
    'fails, or changes the entry with the same tuple outside of zones',
    'changes the entry',
    'That entry is another connection.',
  ),
  row('nat-ipv6', '-n, -g, -j with an IPv6 address', 'ignores the address', 'compares it', WORDS),
  row('nat-joined', '-n1.2.3.4, --src-nat=1.2.3.4', 'ignores the address', 'compares it', WORDS),
  row('status-mixed', '-L -u SEEN_REPLY,!ASSURED', 'never matches', 'both conditions must match', WORDS),
  row('status-twice', '-L -u ASSURED -u SEEN_REPLY', 'never matches', 'both bits must be set', WORDS),
  row('mark-and-status', '-L -m MARK -u STATUS', '-u overwrites the mark', 'both conditions must match', LATER),
  row(
    'secmark',
    '-c SECMARK',
    'the mark is never compared',
    'the mark is compared; an entry without one has 0. If the kernel reports security contexts instead of marks: error, exit code 1',
    WORDS,
  ),
  row(
    'get-zone',
    '-G -w ZONE, --orig-zone, --reply-zone',
    'is not allowed',
    'finds the entry in that zone',
    'There is no other way to get an entry in a zone.',
  ),
  row('get-reply', '-G by --reply-src and --reply-dst', 'always fails', 'finds the entry', WORDS),
  row(
    'reply-ports',
    '-I with a part of the reply',
    'fails without reply ports, and ignores reply ports without reply addresses',
    'missing parts are taken from the inverse of the original direction',
    WORDS,
  ),
  row(
    'add-existing',
    '-A of an entry that exists',
    'does not change it: 0 added',
    'changes it like -U: 1 added. If its reply direction or address translation differs from the request: error, exit code 1',
    `${LATER} The kernel cannot change an address translation.`,
  ),
  row('update-family', '-U without -f and address', 'fails: Operation not supported', 'changes both families', LATER),
  row('update-lines', '-U of many entries', 'shows some of them', 'shows all of them', LATER),
  row(
    'tcp-flags',
    '-U -p tcp',
    'also sets the TCP tracking flags BE_LIBERAL and SACK_PERM',
    'does not change them',
    'Weaker window checks were not requested.',
  ),
  row(
    'expect-protocol',
    '-I expect --tuple-port-dst',
    'uses the lower byte of the port as the protocol',
    'uses the protocol of -p',
    '1.4.9 corrects this for TCP; here also for SCTP and DCCP.',
  ),
  row(
    'number-checked',
    '-m foo, --dport http, --dport 80-90, --sport 65546, -t abc',
    'uses the leading digits, or 0, truncated to 16 bits',
    'is an error: exit code 1 for -m, -w, -c and -i (like 1.4.9), 2 for the others',
    'Otherwise the wrong entry is shown or deleted.',
  ),
  row(
    'reply-zone-alone',
    '--reply-zone ZONE without a command',
    'shows the help: exit code 0',
    'is an error, like any other option without a command: exit code 2',
    'It is not a request for help.',
  ),
  row(
    'two-protocols',
    '-p tcp -p udp --state X, -p tcp --state X -p udp',
    'still accepts the options of the first protocol, and treats them as those of the last protocol in the same positions',
    'accepts only options of the last protocol: exit code 2',
    WORDS,
  ),
  row(
    'protocol-by-file',
    '-L -p icmpv6 -p ipv6-icmp --icmpv6-id 77',
    'after a name that is only in /etc/protocols, accepts the options of the previous -p, but ignores them',
    'applies them',
    WORDS,
  ),
  row(
    'crash',
    '-p sctp --state BOGUS, -L --id, -R with several lines of labels',
    'crashes',
    'prints what is wrong: exit code 2; loads labels once for each line',
    'A crash is never right.',
  ),
  row(
    'xml-states',
    '-o xml with SCTP or DCCP',
    'uses the state names of TCP',
    'uses their own state names, and marks the element: states="own"',
    'SCTP does not have a state FIN_WAIT.',
  ),
  row(
    'delta-time',
    'delta-time= of an entry that began after now (the clock was set back)',
    '18446744073709551516',
    '0',
    'No entry is that old.',
  ),
  row(
    'xml-userspace',
    '-E -o xml',
    'prints [USERSPACE] after </flow>, which is invalid XML',
    'does not print it',
    LATER,
  ),
  row(
    'control-characters',
    'labels=, secctx=, helper= or progname= with control characters',
    'prints them unchanged, so that they control the terminal',
    'escapes them: \\x1b',
    'A name must not control the terminal.',
  ),
  row(
    'long-lines',
    'lines of more than 1,024 bytes',
    'truncates them',
    'prints them completely',
    'A truncated line cannot be parsed.',
  ),
  row(
    'event-buffer',
    '-E -b BYTES',
    'sets the buffer size of another socket',
    'sets the buffer size of the event socket',
    WORDS,
  ),
  row(
    'event-loss',
    '-E',
    'buffers as many unread events as fit into net.core.rmem_default (166)',
    'buffers 50,000',
    'conntrack(8) loses two of three events in a burst.',
  ),
  row(
    'event-time',
    '-E -o timestamp',
    'prints the time of printing',
    'prints the time of the event, if the kernel reports it (6.14, nf_conntrack_timestamp)',
    LATER,
  ),
  row(
    'event-mark',
    '-E -m 0',
    'does not show [DESTROY] of entries without a mark, because the kernel omits a mark of 0 there',
    'shows it',
    WORDS,
  ),
  row(
    'time-rules',
    '-o ktimestamp with TZ=CET-1CEST,M3.5.0,M10.5.0/3',
    'prints the local time according to the rules in TZ',
    'prints UTC',
    'Node supports time zones by name (Europe/Berlin) and /etc/localtime only.',
  ),
  row(
    'flush-said',
    '-F without the privilege',
    'prints that the table has been emptied, and then an error',
    'prints the error only',
    'The table was not emptied.',
  ),
  row('labelmap', '--labelmap FILE', 'is an unknown option', 'reads label names from the file', LATER),
  row(
    'full-disk',
    'output to a full disk',
    'does not notice it: exit code 0',
    'prints an error: exit code 1',
    'Otherwise a truncated listing looks complete.',
  ),
  row(
    'broken-pipe',
    '-L | head',
    'is ended by SIGPIPE',
    'exits with 141, which shells report for SIGPIPE',
    'Node ignores SIGPIPE.',
  ),
  row('crlf', '-R of a file with CRLF', 'treats the carriage return as a part of the last word', 'removes it', WORDS),
  row(
    'load-line',
    '-R of a file with an invalid or failing line',
    'prints what is wrong',
    'prints what is wrong and, on a second line, which line of the file it was and what was executed',
    'A file may have thousands of lines.',
  ),
  row(
    'module-missing',
    'any command if nf_conntrack_netlink is not loaded',
    'prints the text of an errno',
    'prints the name of the module',
    'This is the most common first error on a minimal host.',
  ),
  row('load-folder', '-R FOLDER', 'does nothing: exit code 0', 'prints that it cannot be read: exit code 2', WORDS),
  row('progname', '[USERSPACE] progname=', 'prints conntrack', 'prints node', 'It is the name of the process.'),
  row(
    'help',
    '-h',
    'prints a handwritten text',
    'prints a text that is generated from the table of options',
    'It shows which command accepts which option.',
  ),
  row(
    'ports-of-two-translations',
    '-A, -I, -R: -n and -g together with --reply-port-src or --reply-port-dst, on Linux 6.1',
    'the reply direction gets the ports of the original direction instead of the given ones (not on Linux 6.18)',
    'the reply direction gets the given ports on every kernel',
    'The output of -L -o save must be restored unchanged.',
  ),
];
