import { spawnSync } from 'node:child_process';
import { type Flow, FlowObjectCursor, invertTuple } from '@conntrack/flow';
import { describe, expect, it } from 'vitest';
import { splitCommandLine } from '../src/argv/command-file.js';
import { COMMANDS } from '../src/argv/commands.js';
import { completion } from '../src/argv/completion.js';
import { Getopt, type GetoptOption } from '../src/argv/getopt.js';
import { helpText } from '../src/argv/help.js';
import { COLUMNS, OPTIONS } from '../src/argv/options.js';
import { parseCommandLine } from '../src/argv/parse.js';
import { PROTOCOLS } from '../src/argv/protocols.js';
import { kernelFiltersOf } from '../src/select/kernel-filters.js';
import { matchOf } from '../src/select/match.js';

const parse = (line: string) => parseCommandLine(['conntrack', ...line.split(' ')], () => {}).request;

describe('the table of options', () => {
  it('the table of options has a column for each command, and unique letters and names', () => {
    for (const { commands } of [...OPTIONS, ...PROTOCOLS.flatMap(({ options }) => options)])
      expect(commands).toMatch(new RegExp(`^[.o!3]{${COLUMNS.length}}$`));
    const letters = [...OPTIONS, ...COMMANDS].map(({ letter }) => letter).filter(letter => letter !== '');
    expect(new Set(letters).size).toBe(letters.length);
    const longs = [
      ...OPTIONS.flatMap(({ long, aliases = [] }) => [long, ...aliases]),
      ...COMMANDS.map(({ long }) => long),
    ];
    expect(new Set(longs).size).toBe(longs.length);
  });

  it('help and completions are generated from the table of options', () => {
    const identity = { name: 'ctctl', title: 'ctctl v1', version: '1' };
    const help = helpText(identity, { protocol: PROTOCOLS[0], protocolText: 'tcp' });
    const scripts = ['bash', 'zsh', 'fish'].map(shell => completion(shell, 'ctctl'));
    for (const { long, kind } of OPTIONS) {
      if (kind === 'ignored') continue;
      expect(help).toContain(`--${long}`);
      for (const script of scripts) expect(script).toMatch(new RegExp(`(?:--|-l )${long}\\b`));
    }
    expect(() => completion('tcsh', 'ctctl')).toThrow("no completion for `tcsh'");
  });

  it('completions contain the options of a command and its protocol, and nothing else', () => {
    const complete = (...words: string[]): string[] => {
      const list = words.map(word => `'${word}'`).join(' ');
      const script = `${completion('bash', 'conntrack')}\nCOMP_WORDS=(conntrack ${list}); COMP_CWORD=${words.length}; _conntrack_conntrack8; echo "\${COMPREPLY[@]}"`;
      const { stdout, stderr } = spawnSync('bash', ['-c', script], { encoding: 'utf8' });
      expect(stderr).toBe('');
      return stdout.trim().split(' ');
    };
    expect(complete('-L', '-p', 'tcp', '--st')).toEqual(['--status', '--state']);
    expect(complete('-C', '--')).not.toContain('--src');
    expect(complete('-L', '-f', '')).toEqual(['ipv4', 'ipv6']);
    expect(complete('-L', 'e')).toEqual(['expect']);
    expect(complete('-')).toContain('-L');
  });
});

describe('-c', () => {
  const flow = (more: Partial<Flow>): FlowObjectCursor => {
    const original = { src: '10.0.0.1', dst: '10.0.0.2', sport: 1, dport: 2 };
    return new FlowObjectCursor({
      family: 'ipv4',
      protonum: 17,
      protocol: 'udp',
      original,
      reply: invertTuple(original, 17),
      ...more,
    });
  };

  it('-c compares security marks, and an entry without one has 0', () => {
    const zero = matchOf(parse('-L -c 0'))!;
    const five = matchOf(parse('-L -c 5'))!;
    expect([flow({}), flow({ secmark: 0 }), flow({ secmark: 5 })].map(zero)).toEqual([true, true, false]);
    expect([flow({}), flow({ secmark: 0 }), flow({ secmark: 5 })].map(five)).toEqual([false, false, true]);
  });

  it('-c fails if the kernel reports a security context instead of the mark', () => {
    const secctx = flow({ secctx: 'system_u:object_r:unlabeled_t:s0' });
    for (const line of ['-L -c 0', '-E -c 5'])
      expect(() => matchOf(parse(line))!(secctx)).toThrow(
        'cannot compare --secmark: this kernel reports security contexts',
      );
  });
});

describe('getopt', () => {
  const options: GetoptOption[] = [
    { id: 'a', letter: 'a', longs: ['all'], argument: 'none' },
    { id: 'b', letter: 'b', longs: ['bytes', 'bites'], argument: 'required' },
    { id: 'c', letter: 'c', longs: ['colour'], argument: 'optional' },
  ];
  const scan = (...argv: string[]): string[] => {
    const getopt = new Getopt(['program', ...argv]);
    const found: string[] = [];
    for (let next = getopt.next(options); next !== undefined; next = getopt.next(options))
      found.push(
        next.kind === 'option'
          ? `${next.id}${next.argument === undefined ? '' : `=${next.argument}`}`
          : `${next.kind} ${next.word}`,
      );
    return [...found, ...getopt.argv.slice(getopt.optind).map(word => `(${word})`)];
  };

  it('getopt moves words behind options, and ends at --', () => {
    expect(scan('x', '-a', 'y', '-b', '1', 'z')).toEqual(['a', 'b=1', '(x)', '(y)', '(z)']);
    expect(scan('x', '-a', '--', '-b', 'y')).toEqual(['a', '(x)', '(-b)', '(y)']);
    expect(scan('-', '-a')).toEqual(['a', '(-)']);
  });

  it('getopt accepts abbreviated, attached and clustered options', () => {
    expect(scan('--al', '--bytes=5', '--byt', '6', '-ab7', '-acred', '-c')).toEqual([
      'a',
      'b=5',
      'b=6',
      'a',
      'b=7',
      'a',
      'c=red',
      'c',
    ]);
  });

  it('getopt reports unknown and ambiguous options, and missing arguments', () => {
    expect(scan('--what', '-x', '-xa')).toEqual(['unknown --what', 'unknown -x', 'unknown -x', 'a']);
    expect(scan('--b')).toEqual(['missing --b']);
    expect(scan('-b')).toEqual(['missing -b']);
    expect(scan('--all=1')).toEqual(['unknown --all=1']);
  });
});

describe('a command line', () => {
  it('a command line has the same meaning in all its spellings', () => {
    const expected = parse('-D -p tcp -s 10.0.0.0/8 --dport 80 -m 0x10/0xff');
    for (const line of [
      '--delete --proto tcp --orig-src=10.0.0.0/8 --orig-port-dst=80 --mark 16/255',
      '-s10.0.0.0/8 -Dptcp --dport 80 -m 020/0377',
      '-p 6 --dport 80 -s 10/8 --mark=0x10/255 -D conntrack',
    ]) {
      const { original, mask, mark, markMask, protonum, command } = parse(line);
      if (!line.includes('10/8 ') || line.includes('10.0.0.0')) expect(original).toEqual(expected.original);
      expect([mask, mark, markMask, protonum, command]).toEqual([expected.mask, 16, 255, 6, 'D']);
    }
  });

  it.each([
    ['-L -s 1.1.1.1 -d ::1', 'mismatched address family'],
    ['-L -s 10.0.0.0/33', 'Invalid netmask'],
    ['-D -p tcp --dport http', "Invalid port `http'"],
    ['-I -p udp -t abc', "Invalid timeout `abc'"],
    ['-L -L', 'Invalid commands combination'],
    ['-U expect', "Can't do --update on expectations"],
    ['-D -u SRC_NAT', 'names no bit'],
    ['-L -n 1.2.3.4:99999', "Invalid port `99999'"],
    ['-F -s 1.1.1.1', "Illegal option `--src' with this command"],
  ])('%s: %s', (line, message) => {
    expect(() => parse(line)).toThrow(message);
  });

  it("the kernel's filter never contains a condition that it would compare differently", () => {
    const v6 = kernelFiltersOf(parse('-L -s 2001:db8::1 -p tcp --dport 80'));
    expect(v6).toEqual([{ family: 'ipv6', protonum: 6, original: { dport: 80 } }]);
    expect(kernelFiltersOf(parse('-L -p sctp --dport 80 -f ipv4'))).toEqual([{ family: 'ipv4', protonum: 132 }]);
    expect(kernelFiltersOf(parse('-L -s 10.0.0.0/8 -u SEEN_REPLY,!ASSURED'))).toEqual([
      { family: 'ipv4', status: 2, statusMask: 6 },
    ]);
    expect(kernelFiltersOf(parse('-L -p udp'))).toEqual([
      { family: 'ipv4', protonum: 17 },
      { family: 'ipv6', protonum: 17 },
    ]);
    expect(kernelFiltersOf(parse('-L'))).toEqual([{}]);
    expect(kernelFiltersOf(parse('-L -w 5'))).toEqual([{ zone: 5 }]);
    // Entries with a zone in one direction match, and the kernel's filter would exclude them.
    expect(kernelFiltersOf(parse('-L -w 0'))).toEqual([{}]);
    expect(kernelFiltersOf(parse('-U -m 5 -s 1.1.1.1'))).toEqual([{ family: 'ipv4', original: { src: '1.1.1.1' } }]);
  });

  it('a command line in a file can have quotes, comments and blanks', () => {
    expect(splitCommandLine('  -I -p "tcp" -s\t1.1.1.1 "a b" "c\\"d" ""')).toEqual([
      '-I',
      '-p',
      'tcp',
      '-s',
      '1.1.1.1',
      'a b',
      'c"d',
      '',
    ]);
    expect(['', '   ', '# x', '  # y'].map(splitCommandLine)).toEqual([[], [], [], []]);
    expect(splitCommandLine('-D "open')).toEqual(['-D', 'open']);
  });
});
