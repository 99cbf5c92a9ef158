import { describe, expect, it } from 'vitest';
import { entryWithin, tidyLine } from '../../src/capture/tidy-line.js';

const ENTRIES = [
  'ipv4     2 tcp      6 99 CLOSE src=1.1.1.1',
  'ipv6 10 udp 17 99 src=::1',
  'tcp      6 99 CLOSE src=1.1.1.1',
  'tcp      6 -9 CLOSE src=1.1.1.1',
  'udplite  136 CLOSE src=1.1.1.1',
  'unknown  255 src=1.1.1.1',
  'unknown  2   timeout=5',
  'udp 17  9 src=1.1.1.1',
  '[NEW] tcp      6 99',
  '[UPDATE] tcp      6 99',
  '[DESTROY] tcp      6 99',
  '[1795234645.289660]\t    [NEW] tcp',
  '[1795234645.2    ]\t    [NEW] tcp',
  '-A -s 1.1.1.1',
  '-U -s 1.1.1.1',
  '-D -s 1.1.1.1',
  '<flow>',
  '<?xml version="1.0"?>',
  '<!-- x -->',
  '{"family":"ipv4"}',
  'tcp,orig=(src=1.1.1.1)',
  'ipv6-icmp,orig=(src=::1)',
  'EXPECTING: 5 use=1',
];
const PREFIXES = [
  '',
  '  ',
  '\t',
  '> ',
  '> > ',
  '\u00a0',
  'gw-1  | ',
  'a.b_1 | ',
  '[pod/agent-x1/main] ',
  '<30>1 2026-11-21T04:17:25.123Z gw conntrack 1234 - - ',
  '<30>1 2026-11-21T04:17:25.123+01:00 gw conntrack 1234 ID47 [a b="c"] ',
  '<30>Nov 21 04:17:25 gw conntrack[1234]: ',
  'Nov  1 04:17:25 gw conntrack: ',
  'Nov 21 04:17:25 ',
  '2026-11-21T04:17:25Z ',
  '2026-11-21 04:17:25,123 ',
  '[2026-11-21 04:17:25.123] ',
  '2026-11-21T04:17:25.123456789+0100 gw conntrack[7]: ',
  '04:17:25 ',
  '4:17:25.123 ',
  '[04:17:25,5]\t',
  '[    5.123456] ',
  '[12345678.1] ',
  'conntrack[1234]: ',
  '/usr/sbin/ct[1]: ',
  '     7\t',
  '7:',
  'a.txt:',
  'dir/a-b.txt:12:',
  './a.txt:',
  '../x/a.txt:3:',
  '/var/log/a.txt:',
  '> gw  | Nov 21 04:17:25 ',
];

describe('a line of a capture', () => {
  it.each(ENTRIES)('%j begins a record, after every prefix that other programs add', entry => {
    for (const prefix of PREFIXES) {
      const tidy = tidyLine(prefix + entry);
      expect([prefix, tidy?.text, tidy?.starts, tidy?.open]).toEqual([prefix, entry, true, false]);
      expect(tidy!.place(3)).toBe(prefix.length + 3);
    }
  });

  it('a line of conntrack(8) itself begins a record', () => {
    const text = 'conntrack v1.4.7 (conntrack-tools): 5 entries';
    expect(tidyLine(`a.txt:${text}`)).toMatchObject({ text, starts: true });
  });

  it.each([
    'gw tcp      6 99',
    'tcp 6',
    'tcp 6000 99',
    'Tcp      6 99',
    'ipv5 2 tcp',
    'ipv4 x tcp',
    '[OLD] tcp      6 99',
    '[12345.6]',
    '-X -s 1.1.1.1',
    '-A 1.1.1.1',
    'orig=(src=1.1.1.1)',
    'rubbish',
    'dport=80 [ASSURED] mark=0',
    '<30>2 2026-11-21T04:17:25Z gw',
    '2026-11-21X04:17:25 gw',
    '14:17 tcp',
  ])('%j does not begin a record, and keeps the text in front', line => {
    expect(tidyLine(line)).toMatchObject({ text: line, starts: false });
    expect(tidyLine(`  ${line}`)).toMatchObject({ text: line, starts: false });
    expect(tidyLine(`  ${line}`)!.place(1)).toBe(3);
  });

  it.each([
    '',
    '   ',
    '\t',
    '$ cat /proc/net/nf_conntrack',
    '# conntrack -L',
    'root@gw:~# conntrack -L',
    'root@gw:~#',
    '[root@gw log]$ sudo conntrack -L | head',
    'user@gw ~ % ctctl list',
    'gw:/var/log $ zcat a.gz',
    '~/log$ grep tcp a.txt',
    'bash-5.2# tail -f x',
    'sh$ kubectl logs x',
    '% ssh gw',
    '\u276f watch conntrack -L',
    '$',
    'Every 2.0s: conntrack -L',
    'Every 10s: conntrack -L',
  ])('the line %j has no content', line => {
    expect(tidyLine(line)).toBeUndefined();
    expect(tidyLine(`\u001b[1m${line}\u001b[0m`)).toBeUndefined();
  });

  it.each(['$ rubbish', 'Everyone 2.0s: x', 'a=b@c$ cat x', 'x $ catalog y'])('%j is not a prompt', line => {
    expect(tidyLine(line)).toBeDefined();
  });

  it('colours are removed, and places are those of the original line', () => {
    const line = '\u001b[31mtcp\u001b[0m      6 \u001b[1;32m99\u001b[K CLOSE';
    const tidy = tidyLine(line)!;
    expect(tidy).toMatchObject({ text: 'tcp      6 99 CLOSE', starts: true });
    expect([0, 3, 11, 14].map(at => line[tidy.place(at)])).toEqual(['t', ' ', '9', 'C']);
  });

  it('a line continues after a backslash, except in JSON', () => {
    expect(tidyLine('tcp      6 99 \\')).toMatchObject({ text: 'tcp      6 99', open: true });
    expect(tidyLine('  {"a":"\\')).toMatchObject({ text: '{"a":"\\', open: false });
    expect(tidyLine('\\')).toBeUndefined();
    expect(tidyLine('dport=1 \\')).toMatchObject({ text: 'dport=1', starts: false, open: true });
  });

  it('tabs become spaces, except after the time of an event', () => {
    expect(tidyLine('tcp\u00a0     6\t99')).toMatchObject({ text: 'tcp      6 99' });
    expect(tidyLine('[1795234645.289660]     [NEW] tcp')?.text).toBe('[1795234645.289660]\t    [NEW] tcp');
    expect(tidyLine('tcp 6 99 [1795234645.289660] x')?.text).toBe('tcp 6 99 [1795234645.289660] x');
    expect(tidyLine('tcp      6 99  \t ')?.text).toBe('tcp      6 99');
  });

  it.each([
    ['gw tcp      6 99 CLOSE src=1.1.1.1', 3],
    ['gw ipv4     2 tcp      6 99 CLOSE src=1.1.1.1', 3],
    ['gw ipv6 10 udp 17 src=::1', 3],
    ['gw udp 17  9  src=1.1.1.1', 3],
    ['gw: udp   17 99 SYN_SENT  src=1.1.1.1', 4],
    ['tcp      6 src=1.1.1.1', 0],
    ['tcp      6 dst=1.1.1.1', -1],
    ['gw tcp 6000 src=1.1.1.1', -1],
    ['gw tcp 6 99 close src=1.1.1.1', -1],
  ])('an entry within %j begins at %i', (line, at) => {
    expect(entryWithin(line)).toBe(at);
  });
});
