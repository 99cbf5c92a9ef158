import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { VERBS } from '../src/grammar/names.js';
import { SAMPLE } from '../src/sample.js';
import { ctctl, END } from './ctctl.js';

const folder = mkdtempSync(join(tmpdir(), 'ctctl-'));
afterAll(() => rmSync(folder, { recursive: true }));

const memory = ['--source', `memory:${SAMPLE}`];
const capture = ['--source', `file:${SAMPLE}`];
const lines = (text: string): string[] => text.split('\n').slice(0, -1);

/** The key of the one flow in the sample that matches a filter. */
async function keyOf(filter: string): Promise<string> {
  const { stdout } = await ctctl(['list', filter, '-o', 'json', ...memory]);
  const found = JSON.parse(stdout) as { key: string }[];
  expect(found).toHaveLength(1);
  return found[0]!.key;
}

describe('list', () => {
  it("list prints conntrack(8)'s lines", async () => {
    const { code, stdout, stderr } = await ctctl(['list', 'proto=gre', ...capture]);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^gre {6}47 174 src=203\.0\.113\.7 .*\[ASSURED\] mark=0 use=1\n$/);
  });

  it.each([
    ['a query string', ['proto=tcp&state=ESTABLISHED&dport=2222']],
    ['query strings', ['proto=tcp', 'state=ESTABLISHED', 'dport=2222']],
    ['an expression', ['proto == tcp and state == ESTABLISHED and dport in {2222}']],
    [
      'an expression that the shell split into words',
      ['proto', '==', 'tcp', 'and', 'dport', '==', '2222', 'and', 'assured'],
    ],
  ])('list reads %s', async (_, words) => {
    const { code, stdout } = await ctctl(['list', ...words, ...capture]);
    expect(code).toBe(0);
    expect(lines(stdout)).toHaveLength(1);
  });

  it('list combines several values of -o for a line', async () => {
    const { stdout } = await ctctl(['list', 'zone=9', '-o', 'extended,id,labels', ...capture]);
    expect(stdout).toMatch(/^ipv4 {5}2 tcp .* zone=9 use=1 id=3220124280 labels=vip\n$/);
  });

  it('list -o json prints an array of flows', async () => {
    const { stdout } = await ctctl(['list', '-o', 'json', 'proto=udp', ...capture]);
    const flows = JSON.parse(stdout) as { protonum: number }[];
    expect(flows.length).toBeGreaterThan(10);
    expect(new Set(flows.map(flow => flow.protonum))).toEqual(new Set([17]));
    expect((await ctctl(['list', '-o', 'json', 'mark=77', ...capture])).stdout).toBe('[]\n');
  });

  it('list -o ndjson prints a flow per line', async () => {
    const { stdout } = await ctctl(['list', '-o', 'ndjson', ...capture]);
    expect(lines(stdout).map(line => JSON.parse(line).family)).toHaveLength(68);
  });

  it('list -o xml prints a complete document, also without flows', async () => {
    const { stdout } = await ctctl(['list', '-o', 'xml', 'proto=gre', ...capture]);
    expect(stdout).toMatch(/^<\?xml .*\?>\n<conntrack>\n<flow dialect="ctctl">.*<\/flow>\n<\/conntrack>\n$/s);
    const empty = await ctctl(['list', '-o', 'xml', 'mark=77', ...capture]);
    expect(empty.stdout).toMatch(/<conntrack>\n<\/conntrack>\n$/);
  });

  it('list sorts and limits', async () => {
    const { stdout } = await ctctl(['list', '--sort', '-bytes', '--limit', '3', '-o', 'json', ...capture]);
    const flows = JSON.parse(stdout) as { original: { bytes: number }; reply: { bytes: number } }[];
    const bytes = flows.map(flow => flow.original.bytes + flow.reply.bytes);
    expect(bytes).toHaveLength(3);
    expect(bytes).toEqual([...bytes].sort((one, other) => other - one));
    expect(lines((await ctctl(['list', '--limit', '5', ...capture])).stdout)).toHaveLength(5);
  });

  it('a list without matches is empty and not a failure', async () =>
    expect(await ctctl(['list', 'mark=77', ...capture])).toEqual({ code: 0, stdout: '', stderr: '' }));
});

describe('an empty table', () => {
  it.each([[['list']], [['list', '--sort', 'src']], [['count']]])(
    'an empty table is explained on a terminal only: %j',
    async argv => {
      const empty = [...argv, '--source', 'memory'];
      const piped = await ctctl(empty);
      const shown = await ctctl(empty, { terminal: true });
      expect([piped.stderr, shown.stdout]).toEqual(['', piped.stdout]);
      expect(shown.stderr).toMatch(/^note: .*is empty\n$/);
      expect((await ctctl([...argv, 'mark=77', ...memory], { terminal: true })).stderr).toBe('');
    },
  );
});

describe('count', () => {
  it('count counts all entries, or those that match', async () => {
    expect((await ctctl(['count', ...memory])).stdout).toBe('68\n');
    expect((await ctctl(['count', ...capture])).stdout).toBe('68\n');
    expect((await ctctl(['count', 'family=ipv6', ...memory])).stdout).toBe('12\n');
  });
});

describe('get', () => {
  const published = ['get', '-p', 'tcp', '-s', '198.51.100.150', '-d', '203.0.113.7', '--sport', '44291'];

  it('get finds an entry by its key', async () => {
    const key = await keyOf('zone=9');
    const { code, stdout } = await ctctl(['get', key, '-o', 'json', ...memory]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ key, zone: 9, mark: 2304 });
  });

  it('get finds an entry by a tuple, also with the names of conntrack(8)', async () => {
    const { code, stdout } = await ctctl([...published, '--orig-port-dst', '2222', ...capture]);
    expect(code).toBe(0);
    expect(stdout).toContain('src=192.0.2.22 dst=198.51.100.150 sport=22 dport=44291');
  });

  it('get --reply finds an entry by its reply tuple', async () => {
    const reply = ['-p', 'tcp', '-s', '192.0.2.22', '-d', '198.51.100.150', '--sport', '22', '--dport', '44291'];
    expect((await ctctl(['get', ...reply, '--reply', ...memory])).code).toBe(0);
    const wrongWay = await ctctl(['get', ...reply, ...memory]);
    expect(wrongWay.code).toBe(3);
    expect(wrongWay.stderr).toContain('add --reply');
    expect((await ctctl([...published, '--dport', '2222', '--reply', ...memory])).stderr).toContain('remove --reply');
  });

  it('get finds an entry in a zone', async () => {
    const tuple = ['-p', 'tcp', '-s', '192.0.2.11', '-d', '192.0.2.80', '--sport', '40001', '--dport', '5432'];
    expect((await ctctl(['get', ...tuple, '-w', '7', ...memory])).stdout).toContain('zone=7');
    expect(await ctctl(['get', ...tuple, ...memory])).toEqual({
      code: 3,
      stdout: '',
      stderr: 'ctctl: no connection has this tuple\n',
    });
  });
});

describe('create', () => {
  const tuple = ['-p', 'tcp', '-s', '192.0.2.1', '-d', '198.51.100.1', '--sport', '1000', '--dport', '80'];

  it('create prints the new entry', async () => {
    const options = [
      '-t',
      '5m',
      '--state',
      'syn_sent',
      '-m',
      '0x10',
      '-u',
      'assured',
      '-w',
      '3',
      '-n',
      '203.0.113.9:2000',
    ];
    const { code, stdout } = await ctctl(['create', ...tuple, ...options, ...memory]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^tcp {6}6 300 SYN_SENT src=192\.0\.2\.1 dst=198\.51\.100\.1 sport=1000 dport=80 /);
    expect(stdout).toMatch(/src=198\.51\.100\.1 dst=203\.0\.113\.9 sport=80 dport=2000 .*mark=16 zone=3 use=1\n$/);
  });

  it('create accepts parts of the reply tuple', async () => {
    const reply = ['-r', '192.0.2.99', '--reply-port-src', '8080'];
    const { stdout } = await ctctl(['create', ...tuple, ...reply, '-o', 'json', ...memory]);
    expect(JSON.parse(stdout).reply).toMatchObject({ src: '192.0.2.99', dst: '192.0.2.1', sport: 8080, dport: 1000 });
  });

  it('create fails for an existing entry', async () => {
    const existing = ['-p', 'sctp', '-s', '192.0.2.60', '-d', '198.51.100.61', '--sport', '36412', '--dport', '36412'];
    const { code, stderr } = await ctctl(['create', ...existing, ...memory]);
    expect(code).toBe(1);
    expect(stderr).toBe('ctctl: an entry with this tuple already exists\nto change the existing entry, use update\n');
  });
});

describe('update', () => {
  it('update changes an entry by its key', async () => {
    const key = await keyOf('zone=9');
    const { code, stdout, stderr } = await ctctl(['update', key, '--mark', '0x1/0xf', '-t', '2d', ...memory]);
    expect(code).toBe(0);
    expect(stdout).toContain('tcp      6 172800 ESTABLISHED');
    expect(stdout).toContain('mark=2305 ');
    expect(stderr).toContain('changes are not saved');
  });

  it('update changes the entries that match a filter', async () => {
    const { code, stderr } = await ctctl(['update', 'proto=udp', '--mark', '7', ...memory]);
    expect([code, stderr.split('\n')[0]]).toEqual([0, '17 entries updated']);
  });

  it('update changes labels', async () => {
    const key = await keyOf('zone=9');
    const { stdout } = await ctctl(['update', key, '--labels', '1,5', '-o', 'json', ...memory]);
    expect(JSON.parse(stdout).labels).toEqual([1, 5]);
  });
});

describe('delete', () => {
  it('delete deletes an entry by its key, and prints it', async () => {
    const { code, stdout } = await ctctl(['delete', await keyOf('zone=9'), ...memory]);
    expect(code).toBe(0);
    expect(stdout).toContain('zone=9');
  });

  it('delete deletes the entries that match a filter', async () => {
    const { code, stdout, stderr } = await ctctl(['delete', 'family=ipv6', '--expect', '12', ...memory]);
    expect([code, stdout, stderr.split('\n')[0]]).toEqual([0, '', '12 entries deleted']);
  });

  it('delete -o json prints the complete result', async () => {
    const { stdout } = await ctctl(['delete', 'proto=gre', '-o', 'json', ...memory]);
    expect(JSON.parse(stdout)).toMatchObject({ matched: 1, changed: 1, failed: 0, breakdown: { gre: 1 } });
  });

  it('delete --dry-run shows what it would delete', async () => {
    const { code, stdout, stderr } = await ctctl(['delete', 'proto=icmp', '--dry-run', ...memory]);
    expect([code, lines(stdout).length, stderr]).toEqual([0, 3, '3 entries would be deleted (icmp 3)\n']);
  });

  it('delete --strict checks each entry again, and says why entries were skipped', async () => {
    for (const change of [['delete'], ['update', '-t', '50']]) {
      const { code, stdout } = await ctctl([...change, 'proto=icmp', '--strict', '-o', 'json', ...memory]);
      expect([code, JSON.parse(stdout)]).toMatchObject([0, { changed: 3, skipped: 0, skips: [] }]);
    }
  });

  it('delete deletes nothing if too many entries match, or not the expected number', async () => {
    const many = await ctctl(['delete', 'proto=tcp', '--max-affected', '5', ...memory]);
    expect(many.code).toBe(1);
    expect(many.stderr).toMatch(/^ctctl: \d+ flows match and at most 5 .*\n.*--max-affected \d+\n$/);
    expect((await ctctl(['delete', 'proto=gre', '--expect', '2', ...memory])).code).toBe(1);
  });

  it('a dry run of delete is refused with the same message and code as the real one', async () => {
    for (const limits of [
      ['--max-affected', '5'],
      ['--expect', '3'],
      ['--max-affected', '5', '--expect', '3'],
    ])
      for (const change of [['delete'], ['update', '--mark', '1']])
        for (const source of [memory, capture]) {
          const argv = [...change, 'proto=tcp', ...limits, ...source];
          const real = await ctctl(argv);
          const dry = await ctctl([...argv, '--dry-run']);
          expect(dry.code).toBe(real.code);
          expect([real.code, dry.stderr.endsWith(real.stderr)], dry.stderr).toEqual([source === memory ? 1 : 2, true]);
        }
    const json = await ctctl(['delete', 'proto=tcp', '--expect', '3', '--dry-run', '-o', 'json', ...memory]);
    expect([json.code, JSON.parse(json.stdout).refusal.code]).toEqual([1, 'EXPECT_MISMATCH']);
  });

  it('the limits of delete apply to an entry with a key', async () => {
    const key = await keyOf('zone=9');
    for (const change of [
      ['delete', key],
      ['update', key, '--mark', '1'],
    ])
      for (const dry of [[], ['--dry-run']]) {
        const run = (...limits: string[]) => ctctl([...change, ...dry, ...limits, ...memory]);
        expect((await run('--max-affected', '1', '--expect', '1')).code).toBe(0);
        const none = await run('--max-affected', '0');
        expect([none.code, none.stdout, none.stderr]).toEqual([
          1,
          '',
          expect.stringMatching(/^ctctl: 1 flow matches and at most 0 can be changed; nothing was/),
        ]);
        expect((await run('--expect', '2')).code).toBe(1);
        expect((await ctctl([...change, ...dry, ...capture])).code).toBe(2);
      }
  });

  it('a dry run says how many matching entries it does not show', async () => {
    const many = join(folder, 'many.txt');
    const line = (port: number): string =>
      `udp      17 29 src=192.0.2.1 dst=198.51.100.1 sport=${port} dport=53 src=198.51.100.1 dst=192.0.2.1 sport=53 dport=${port} mark=0 use=1\n`;
    writeFileSync(many, Array.from({ length: 250 }, (_, i) => line(2000 + i)).join(''));
    const { code, stdout, stderr } = await ctctl(['delete', 'dport=53', '--dry-run', '--source', `memory:${many}`]);
    expect([code, lines(stdout).length]).toEqual([0, 100]);
    expect(stderr).toBe(
      'only the first 100 are shown; 150 entries more match\n250 entries would be deleted (udp 250)\n',
    );
  });

  it('a change without matches has another exit code than a failure', async () => {
    const { code, stderr } = await ctctl(['delete', 'mark=77', ...memory]);
    expect([code, stderr.split('\n')[0]]).toEqual([3, '0 entries deleted']);
  });
});

describe('flush', () => {
  it('flush needs --yes if nobody can be asked', async () => {
    const { code, stderr } = await ctctl(['flush', ...memory]);
    expect(code).toBe(2);
    expect(stderr).toContain('--yes');
  });

  it('flush asks a person for confirmation', async () => {
    const yes = await ctctl(['flush', '--family', 'ipv6', ...memory], { answer: 'y\n' });
    expect(yes.code).toBe(0);
    expect(yes.stderr).toContain('Delete all 12 IPv6 entries of memory:');
    const no = await ctctl(['flush', ...memory], { answer: '\n' });
    expect(no.code).toBe(1);
    expect(no.stderr).toContain('nothing was deleted');
    const gone = await ctctl(['flush', ...memory], { answer: END });
    expect([gone.code, gone.stderr]).toEqual([1, expect.stringContaining('nothing was deleted')]);
  });

  it('flush deletes all entries', async () => {
    const { code, stderr } = await ctctl(['flush', '--yes', '-w', '7', '-m', '0/0xff', ...memory]);
    expect([code, stderr.split('\n')[0]]).toEqual([0, 'all entries in zone 7 with mark 0/0xff deleted']);
  });
});

describe('errors have a uniform format, with code 2', () => {
  const broken = join(folder, 'broken.txt');
  writeFileSync(
    broken,
    'tcp      6 10 CLOSE src=192.0.2.1 dst=192.0.2.2 sport=1 dport=2 src=192.0.2.2 dst=192.0.2.1 sport=2 dport=1 mark=0 use=1\nudp      17 abc src=192.0.2.1\n',
  );

  it.each([
    ['an unknown command', ['lst'], "unknown command 'lst'"],
    ['an unknown option', ['list', '--sourc', 'x'], "unknown option '--sourc'"],
    ['a field as an option', ['list', '--bytes', '1M'], 'without dashes: ctctl list bytes=…'],
    [
      'another name of a field as an option',
      ['delete', 'proto=tcp', '--timestamp-start=80', ...memory],
      "unknown option '--timestamp-start=80'",
    ],
    ['an option without its value', ['list', '-o'], 'argument missing'],
    ['an unknown format', ['list', '-o', 'yaml', ...memory], "--output: unknown format 'yaml'. Formats: text,"],
    [
      'formats that cannot be combined',
      ['list', '-o', 'json,id', ...memory],
      "'json' cannot be combined with other formats",
    ],
    ['an unknown sort field', ['list', '--sort', 'size', ...memory], "cannot sort by 'size'. Fields:"],
    [
      'a misspelled sort field',
      ['list', '--sort', 'bytez', ...memory],
      "cannot sort by 'bytez'. Did you mean 'bytes'?",
    ],
    ['an invalid limit', ['list', '--limit', 'x', ...memory], '--limit: must be a number'],
    ['an invalid key', ['get', 'ct1.zzz', ...memory], 'not a flow key'],
    ['get without a key and without a tuple', ['get', ...memory], 'get requires a key (ct1.…)'],
    ['get with a key and a tuple', ['get', 'ct1.x', '-p', 'tcp', ...memory], 'not both'],
    ['an incomplete tuple', ['create', '-p', 'tcp', '-s', '192.0.2.1', ...memory], '--dst missing'],
    [
      'addresses of different families',
      ['create', '-p', 'esp', '-s', '::1', '-d', '::2', '-n', '192.0.2.1', ...memory],
      'is an ipv4',
    ],
    ['update without a change', ['update', 'proto=tcp', ...memory], 'nothing to change'],
    ['delete without a filter', ['delete', ...memory], 'ctctl flush --yes'],
    ['delete with an empty filter', ['delete', '', ...memory], 'ctctl flush --yes'],
    ['an unknown source', ['list', '--source', 'kernl'], "unknown source 'kernl'. Use one of: kernel, procfs"],
    ['a file that does not exist', ['list', '--source', `file:${folder}/none`], 'the file does not exist'],
    ['delete in a capture', ['delete', 'proto=tcp', ...capture], 'is read-only'],
    ['delete with host bits in a prefix', ['delete', 'src=192.0.2.5/24', ...memory], '192.0.2.0/24'],
    ['an invalid value of --anonymous', ['serve', '--anonymous', 'write', ...memory], "must be 'none' or 'read'"],
    ['an invalid address to listen on', ['serve', '--listen', 'nowhere', ...memory], '--listen'],
    ['an invalid port to listen on', ['serve', '--listen', '127.0.0.1:70000', ...memory], 'a number from 0 to 65535'],
    [
      'an invalid port with --check-config',
      ['serve', '--check-config', '--listen', '[::1]:70000', ...memory],
      'a number from 0 to 65535',
    ],
    ['an expiry too far in the future', ['token', 'x', '--expires', '99999999d'], 'Use 1d to 36500d'],
    ['an expiry of 0 days', ['token', 'x', '--expires', '0d'], 'Use 1d to 36500d'],
    ['an expiry in the past', ['token', 'x', '--expires', '2020-01-31'], "'2020-01-31' is in the past"],
    ['a negative expiry', ['token', 'x', '--expires', '-1'], "'-1' must be a number of days ('90d') or a time"],
    [
      'an expiry with a fraction',
      ['token', 'x', '--expires', '1.5'],
      "'1.5' must be a number of days ('90d') or a time",
    ],
    [
      'an expiry on a date that does not exist',
      ['token', 'x', '--expires', '2040-13-01'],
      "'2040-13-01' must be a number of days",
    ],
    ['a key as a filter', ['list', 'ct1.AAAA', ...memory], 'To show the entry: ctctl get ct1.AAAA'],
    [
      'anonymous reads on all addresses',
      ['serve', '--listen', '0.0.0.0:0', '--anonymous', 'read', ...memory],
      'anonymous',
    ],
  ])('an error has one line with the fix, and code 2: %s', async (_, argv, message) => {
    const { code, stdout, stderr } = await ctctl(argv);
    expect(stderr).toContain(message);
    expect(stderr).toMatch(/^ctctl: /);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect([code, stdout]).toEqual([2, '']);
  });

  it.each([
    [
      'an invalid line',
      'tcp      6 -12 TIME_WAIT src=192.0.2.1\n',
      /line 1, column 12: .*\n.*\n.*\^\nto skip invalid lines: --skip-bad-lines$/,
    ],
    [
      'a log of events',
      '[DESTROY] udp      17 src=192.0.2.1 dst=192.0.2.2 src=192.0.2.2 dst=192.0.2.1\n',
      /not a table\. .*\n.*\n.*\^$/,
    ],
    ['a control character', '\x1b]0;owned\x07bad\n', /\u241b\]0;owned\u2407bad\n/],
  ])('an invalid capture is an error: %s', async (_, text, message) => {
    const path = join(folder, 'bad.txt');
    writeFileSync(path, text);
    const { code, stderr } = await ctctl(['count', '--source', `file:${path}`]);
    expect(stderr.trimEnd()).toMatch(message);
    expect(code).toBe(2);
  });

  it('a capture with only invalid lines fails with --skip-bad-lines, and one with a valid line does not', async () => {
    const path = join(folder, 'bad.txt');
    writeFileSync(path, 'hello\nworld\n');
    const skipping = ['count', '--skip-bad-lines', '--source', `file:${path}`];
    expect(await ctctl(skipping)).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('No line of this text could be read (2 bad)'),
    });
    writeFileSync(
      path,
      'hello\nudp      17 29 src=192.0.2.1 dst=192.0.2.2 sport=1 dport=2 src=192.0.2.2 dst=192.0.2.1 sport=2 dport=1 use=1\n',
    );
    expect(await ctctl(skipping)).toMatchObject({
      code: 0,
      stdout: '1\n',
      stderr: expect.stringContaining('skipped line 1'),
    });
  });

  it('every fault of a filter is printed with a caret', async () => {
    const { code, stderr } = await ctctl(['list', 'proto == tcp and dprot == 443 and mark == x', ...capture]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^ctctl: invalid filter\n {2}proto == tcp and dprot == 443/);
    expect(stderr).toContain(`\n  ${' '.repeat('proto == tcp and '.length)}^~~~~  unknown field 'dprot'`);
    expect(stderr.match(/\^~*/g)).toHaveLength(2);
  });

  it.each([
    ['tcp', "'proto=tcp'"],
    ['ESTABLISHED', "'state=ESTABLISHED'"],
    ['192.0.2.1', "'addr=192.0.2.1'"],
    ['10.0.0.0/8', "'addr=10.0.0.0/8'"],
    ['status=UNREPLIED', "'unreplied'"],
    ['state=UNREPLIED', "'unreplied'"],
    ['state=NEW', "'unreplied'"],
    ['ip=192.0.2.1', "'addr'"],
    ['dnat', "'dst-nat'"],
    ['dport=1024:2048', "'1024-2048'"],
    ['tcp ESTABLISHED', "'state=ESTABLISHED'"],
    ['proto=tcp 443', "'port=443'"],
    ['port 80', "'port == 80'"],
    ['src 10.0.0.1', "'src == 10.0.0.1'"],
    ['not tcp', "'proto == tcp'"],
  ])('a filter with %s is an error with a suggestion', async (words, meant) => {
    const { code, stdout, stderr } = await ctctl(['list', ...words.split(' '), ...capture]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(`Did you mean ${meant}?`);
  });

  it('a fault of a capture is printed with line, column and caret', async () => {
    const { code, stdout, stderr } = await ctctl(['list', '--source', `file:${broken}`]);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^ctctl: invalid capture: line 2, column \d+: expected .*\n {2}udp {6}17 abc src=192\.0\.2\.1\n +\^\nto skip invalid lines: --skip-bad-lines\n$/,
    );
    // The entries before it are complete lines.
    expect(stdout).toMatch(/^tcp .* use=1\n$/);
  });

  it('the invalid lines of a capture end the command, or are skipped', async () => {
    const { code, stdout, stderr } = await ctctl(['list', '--skip-bad-lines', '--source', `file:${broken}`]);
    expect([code, lines(stdout).length]).toEqual([0, 1]);
    expect(stderr).toMatch(/^skipped line 2, column/);
  });

  it('a stack is printed only on request', async () => {
    const { stderr } = await ctctl(['get', ...memory], { env: { CONNTRACK_DEBUG: '1' } });
    expect(stderr).toMatch(/^\s+at /m);
  });
});

describe('help', () => {
  it('the requested help is on standard output, with code 0', async () => {
    const { code, stdout, stderr } = await ctctl(['--help']);
    expect([code, stderr]).toEqual([0, '']);
    for (const verb of VERBS) expect(stdout).toMatch(new RegExp(`^  ${verb}\\b`, 'm'));
    expect(stdout).toContain('Exit codes:');
  });

  it.each(VERBS)('the help of %s begins with what it does and has examples whose options exist', async verb => {
    const { code, stdout } = await ctctl([verb, '--help']);
    expect(stdout).toMatch(/^[A-Z].*\.\n\nExamples:\n {2}ctctl [\s\S]*\n\nUsage: ctctl /);
    const examples = lines(stdout.slice(stdout.indexOf('Examples:'))).slice(1);
    const own = examples.filter(line => line.includes(`ctctl ${verb}`));
    expect([code, own.length >= 3]).toEqual([0, true]);
    for (const [option] of own.join(' ').matchAll(/(?<= )--?[a-z][\w-]*/g)) expect(stdout).toMatch(`${option}`);
  });

  it('the help without a command is on standard error, with code 2', async () => {
    const { code, stdout, stderr } = await ctctl([]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('Usage: ctctl');
  });

  it('--version prints the version', async () => expect((await ctctl(['-V'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/));
});
