// What delete and update touch, ask and print, with tables in memory.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import type { Flow } from '@conntrack/flow';
import { describe, expect, it, vi } from 'vitest';
import { withSkips } from '../../src/changes/exclusions.js';
import { SAMPLE } from '../../src/sample.js';
import { ctctl, END } from '../ctctl.js';

const memory = ['--source', `memory:${SAMPLE}`];
const lines = (text: string): string[] => text.split('\n').filter(line => line !== '');
const flows = async (filter: string): Promise<(Flow & { key: string })[]> =>
  JSON.parse((await ctctl(['list', filter, '-o', 'json', ...memory])).stdout);
const first = (text: string): string => text.split('\n')[0]!;

/** Runs with text on standard input. */
const withInput = (argv: readonly string[], text: string) => {
  const stdin = new PassThrough();
  stdin.end(text);
  return ctctl(argv, { stdin });
};

describe('keys', () => {
  it('delete with several keys deletes exactly these entries', async () => {
    const keys = (await flows('proto=icmp')).map(({ key }) => key);
    const { code, stdout, stderr } = await ctctl(['delete', ...keys, keys[0]!, '-o', 'ndjson', ...memory]);
    expect([code, first(stderr)]).toEqual([0, '3 entries deleted']);
    expect(lines(stdout).map(line => JSON.parse(line).key)).toEqual(keys);
  });

  it('delete - reads keys from standard input, one on each line', async () => {
    const keys = (await flows('family=ipv6')).map(({ key }) => key);
    expect(keys).toHaveLength(12);
    const { code, stdout, stderr } = await withInput(
      ['delete', '-', ...memory],
      `\n${keys.join('\r\n')}\n\n${keys[0]}\n`,
    );
    expect([code, stdout, first(stderr)]).toEqual([0, '', '12 entries deleted']);
  });

  it('update changes the entries with several keys, and prints their new state', async () => {
    const keys = (await flows('proto=icmp')).map(({ key }) => key);
    const { code, stdout } = await ctctl(['update', ...keys, '--mark', '99', '-o', 'ndjson', ...memory]);
    expect(code).toBe(0);
    expect(lines(stdout).map(line => JSON.parse(line).mark)).toEqual([99, 99, 99]);
  });

  it('an entry that has ended is counted, and the other keys are still deleted', async () => {
    const [one, other] = await flows('proto=icmp');
    const gone = 'ct1.AQAAAgbAqAEKXbjYIsgiAbvK_rq-';
    const some = await ctctl(['delete', one!.key, gone, other!.key, ...memory]);
    expect([some.code, first(some.stderr)]).toEqual([0, '2 entries deleted, 1 had ended before']);
    const none = await withInput(['delete', '-', ...memory], `${gone}\n`);
    expect([none.code, first(none.stderr)]).toEqual([3, '0 entries deleted, 1 had ended before']);
  });

  it('a dry run with keys says what would happen, and deletes nothing', async () => {
    const keys = (await flows('proto=icmp')).map(({ key }) => key);
    const { code, stdout } = await ctctl(['delete', ...keys, '--dry-run', '-o', 'json', ...memory]);
    expect([code, JSON.parse(stdout)]).toMatchObject([0, { dryRun: true, matched: 3, changed: 0 }]);
    const shown = await ctctl(['delete', ...keys, '--dry-run', '-o', 'id', ...memory]);
    expect([lines(shown.stdout).length, shown.stderr]).toEqual([3, '3 entries would be deleted\n']);
    const table = await ctctl(['delete', ...keys, '--dry-run', '-o', 'table', ...memory]);
    expect([table.code, table.stderr]).toEqual([2, expect.stringContaining('one by one')]);
    const one = await ctctl(['delete', keys[0]!, '--dry-run', '-o', 'table', ...memory]);
    expect([one.code, one.stdout]).toEqual([0, expect.stringMatching(/^PROTO .*\nicmp .*\n$/)]);
    const plain = await ctctl(['delete', ...keys, '--dry-run', ...memory]);
    expect([plain.stdout, plain.stderr]).toEqual(['', '3 entries would be deleted\n']);
  });

  it.each([
    ['a key and a filter', ['delete', 'ct1.AQAAAgbAqAEKXbjYIsgiAbvK_rq-', 'proto=tcp'], "'proto=tcp' is not a key"],
    ['- and a filter', ['delete', '-', 'proto=tcp'], "'-' reads keys"],
    ['a broken key among others', ['delete', 'ct1.AQAAAgbAqAEKXbjYIsgiAbvK_rq-', 'ct1.x'], 'key'],
  ])('keys are rejected together with other words: %s', async (_, argv, message) => {
    const { code, stderr } = await ctctl([...argv, ...memory]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });

  it('a line on standard input that is not a key is rejected before anything is deleted', async () => {
    const { key } = (await flows('proto=icmp'))[0]!;
    const { code, stderr } = await withInput(['delete', '-', ...memory], `${key}\ntcp 6 src=1.1.1.1\n`);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/line 2: 'tcp 6 src=1.1.1.1' is not a key.*-o name/)]);
  });

  it('the limits count the keys', async () => {
    const keys = (await flows('proto=icmp')).map(({ key }) => key);
    for (const limits of [
      ['--max-affected', '2'],
      ['--expect', '4'],
    ]) {
      const { code, stderr } = await ctctl(['delete', ...keys, ...limits, ...memory]);
      expect([code, stderr]).toEqual([1, expect.stringContaining('nothing was changed')]);
    }
    expect((await ctctl(['delete', ...keys, '--expect', '3', ...memory])).code).toBe(0);
  });

  it('an empty list of keys deletes nothing', async () => {
    const { code, stderr } = await withInput(['delete', '-', ...memory], '\n');
    expect([code, first(stderr)]).toEqual([3, '0 entries deleted']);
  });
});

describe('protected entries', () => {
  it('--protect skips the matching entries, by filter and by key', async () => {
    const all = await flows('proto=icmp');
    const kept = all[0]!;
    const protect = ['--protect', `src=${kept.original.src}`];
    const isKept = ({ original }: Flow): boolean => original.src === kept.original.src;
    const deleted = all.filter(flow => !isKept(flow));
    const skipped = all.length - deleted.length;
    const told = `${deleted.length} entries deleted, ${skipped} protected`;
    for (const argv of [['proto=icmp'], all.map(({ key }) => key)]) {
      const { code, stdout, stderr } = await ctctl(['delete', ...argv, ...protect, '-o', 'ndjson', ...memory]);
      expect([code, first(stderr)]).toEqual([0, told]);
      expect(lines(stdout).map(line => JSON.parse(line).key)).toEqual(deleted.map(({ key }) => key));
      const plain = await ctctl(['delete', ...argv, ...protect, '-o', 'json', ...memory]);
      expect(JSON.parse(plain.stdout)).toMatchObject({ matched: all.length, changed: deleted.length, skipped });
    }
    const one = await ctctl(['delete', kept.key, ...protect, ...memory]);
    expect([one.code, one.stdout, one.stderr]).toEqual([1, '', 'nothing was deleted: the entry is protected\n']);
  });

  it('a reason that the table itself gives is not repeated', () => {
    const counts = { matched: 5, skipped: 2, skips: [{ reason: 'protected', count: 2 }] };
    expect(withSkips(counts, { skips: [{ reason: 'protected', count: 3 }] })).toEqual({
      ...{ matched: 8, skipped: 5, skips: [{ reason: 'protected', count: 5 }] },
    });
  });

  it('several --protect and --spare add up, and update respects them', async () => {
    const count = (await flows('proto=udp')).length;
    const both = (await flows('proto=udp&dport=53')).length + (await flows('proto=udp&sport=4500')).length;
    const argv = ['update', 'proto=udp', '--mark', '5', '--protect', 'dport=53', '--spare', 'sport=4500'];
    const { stderr } = await ctctl([...argv, ...memory]);
    expect(first(stderr)).toBe(`${count - both} entries updated, ${both} protected`);
  });

  it('$CTCTL_PROTECT protects entries, one filter on each line', async () => {
    const env = { CTCTL_PROTECT: 'dport=53\nsport=4500\n' };
    const { stderr } = await ctctl(['delete', 'proto=udp', ...memory], { env });
    expect(first(stderr)).toMatch(/^\d+ entries deleted, \d+ protected$/);
  });

  it('a filter that matches everything stays refused with --protect', async () => {
    for (const show of [[], ['--show'], ['--dry-run']]) {
      const { code, stderr } = await ctctl(['delete', 'not not all', '--protect', 'dport=22', ...show, ...memory]);
      expect([code, stderr]).toEqual([2, expect.stringMatching(/requires a filter|matches every/)]);
    }
  });

  it('an invalid protect filter is rejected before anything is deleted', async () => {
    const { code, stderr } = await ctctl(['delete', 'proto=udp', '--protect', 'dprot=53', ...memory]);
    expect([code, stderr]).toEqual([2, expect.stringContaining("Did you mean 'dport'")]);
  });

  it('a protect filter over a field that the table does not record is refused, also for keys', async () => {
    const { key } = (await flows('proto=icmp'))[0]!;
    const file = join(mkdtempSync(join(tmpdir(), 'ctctl-')), 'plain.txt');
    writeFileSync(
      file,
      'udp 17 29 src=192.0.2.1 dst=192.0.2.2 sport=5 dport=53 src=192.0.2.2 dst=192.0.2.1 sport=53 dport=5 mark=0 use=1\n',
    );
    const plain = ['--source', `memory:${file}`];
    for (const words of [['proto=udp'], [key], [key, 'ct1.AQAAAgbAqAEKXbjYIsgiAbvK_rq-']]) {
      const { code, stdout, stderr } = await ctctl(['delete', ...words, '--protect', 'bytes > 1M', ...plain]);
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toContain('requires counters');
    }
    rmSync(dirname(file), { recursive: true });
  });

  it('protected entries do not count for the limits', async () => {
    const icmp = await flows('proto=icmp');
    const protect = ['--protect', `src=${icmp[0]!.original.src}`];
    const left = icmp.filter(({ original }) => original.src !== icmp[0]!.original.src).length;
    const fine = await ctctl(['delete', 'proto=icmp', ...protect, '--expect', String(left), ...memory]);
    expect(fine.code).toBe(0);
    const dry = await ctctl(['delete', 'proto=icmp', ...protect, '--dry-run', ...memory]);
    expect(dry.stderr).toMatch(/entr(y|ies) would be deleted \(icmp \d\), \d protected\n$/);
  });
});

describe('your own SSH session', () => {
  // The sample's router translates the session, so the session's host sees only the reply direction's addresses.
  const env = { SSH_CONNECTION: '198.51.100.150 44291 192.0.2.22 22' };
  const own = 'proto=tcp&dport=2222&sport=44291';

  it('delete, drain and reconcile skip your own SSH session, and say so', async () => {
    for (const argv of [
      ['delete', own],
      ['delete', own, '--show'],
      ['drain', own, '--within', '5s'],
    ]) {
      const { code, stdout, stderr } = await ctctl([...argv, ...memory], { env });
      expect([code, stdout]).toEqual([0, '']);
      expect(stderr).toContain(
        'note: your own SSH session from 198.51.100.150:44291 to 203.0.113.7:2222 is skipped. To include it: --include-own-session\n',
      );
      expect(stderr).toMatch(/^0 entries (deleted|drained), 1 is your own SSH session$/m);
    }
    const scope = ['reconcile', '--scope', own, '--keep-filter', 'proto=udp', ...memory];
    expect(first((await ctctl(scope, { env })).stderr)).toBe('0 entries deleted');
  });

  it('--include-own-session does not skip it, and update never does', async () => {
    for (const argv of [
      ['delete', own, '--include-own-session'],
      ['update', own, '--mark', '1'],
    ]) {
      const { stderr } = await ctctl([...argv, ...memory], { env });
      expect(first(stderr)).toMatch(/^1 entry (deleted|updated)$/);
    }
  });

  it('your own SSH session is skipped by key, too', async () => {
    const { key } = (await flows(own))[0]!;
    const { code, stdout, stderr } = await ctctl(['delete', key, ...memory], { env });
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^nothing was deleted: the entry is your own SSH session\nnote: .*--include-own-session\n$/);
  });

  it('a session that is not in the table changes nothing about a delete', async () => {
    for (const SSH_CONNECTION of [
      '198.51.100.150 44291 192.0.2.22 2222',
      'fe80::1%eth0 5 fe80::2%eth0 22',
      'x',
      '1 2 3',
      'UNKNOWN 65535 UNKNOWN 65535',
    ])
      expect(first((await ctctl(['delete', own, ...memory], { env: { SSH_CONNECTION } })).stderr)).toBe(
        '1 entry deleted',
      );
  });
});

describe('printed entries', () => {
  it.each([
    ['--show', /^icmp +1 /],
    ['-o=ndjson', /^\{"/],
    ['-o=extended,id', /^ipv4 +2 icmp .*id=\d+$/],
    ['-o=save', /^-A/],
  ])('delete %s prints each deleted entry, and the counts on standard error', async (option, line) => {
    const { code, stdout, stderr } = await ctctl(['delete', 'proto=icmp', ...option.split('='), ...memory]);
    expect([code, first(stderr)]).toEqual([0, '3 entries deleted']);
    expect(lines(stdout)).toHaveLength(3);
    for (const each of lines(stdout)) expect(each).toMatch(line);
  });

  it('delete -o xml prints a document, also if nothing matches', async () => {
    const { stdout } = await ctctl(['delete', 'proto=icmp', '-o', 'xml', ...memory]);
    expect(stdout.match(/<flow /g)).toHaveLength(3);
    const none = await ctctl(['delete', 'mark=77', '-o', 'xml', ...memory]);
    expect([none.code, none.stdout]).toEqual([3, expect.stringMatching(/<conntrack>\n<\/conntrack>\n$/)]);
  });

  it('printed deletes respect the limits', async () => {
    const { code, stdout, stderr } = await ctctl(['delete', 'proto=tcp', '--show', '--max-affected', '5', ...memory]);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/nothing was changed.*\n.*--max-affected \d+\n$/);
  });
});

describe('the question', () => {
  it('delete on a terminal shows count, kinds and a sample, and asks; the default is no', async () => {
    const no = await ctctl(['delete', 'proto=udp', ...memory], { answer: '\n' });
    expect(no.code).toBe(1);
    expect(no.stderr).toContain('17 entries: udp 17\n');
    expect(no.stderr).toContain('and 7 entries more\n');
    expect(no.stderr.match(/^udp/gm)).toHaveLength(10);
    expect(no.stderr).toMatch(/Delete 17 entries of memory:.*\? \[y\/N\] nothing was deleted\n$/);
    const end = await ctctl(['delete', 'proto=udp', ...memory], { answer: END });
    expect([end.code, end.stderr]).toEqual([1, expect.stringMatching(/\n?nothing was deleted\n$/)]);
  });

  it.each([
    ['delete', ['delete', 'proto=icmp'], '3 entries deleted'],
    ['delete --show', ['delete', 'proto=icmp', '--show'], '3 entries deleted'],
    ['update', ['update', 'proto=icmp', '--mark', '4'], '3 entries updated'],
    ['drain', ['drain', 'proto=icmp', '--within', '30s'], '3 entries drained'],
    ['reconcile', ['reconcile', '--scope', 'proto=icmp', '--keep-filter', 'proto=tcp'], '3 entries deleted'],
  ])('%s is made after yes, and without a question with --yes', async (_, argv, done) => {
    for (const answer of ['y\n', 'YES\n']) {
      const { code, stderr } = await ctctl([...argv, ...memory], { answer });
      expect([code, stderr]).toEqual([0, expect.stringContaining(done)]);
    }
    const quick = await ctctl([...argv, '--yes', ...memory], { answer: '' });
    expect([quick.code, first(quick.stderr)]).toEqual([0, done]);
    const no = await ctctl([...argv, ...memory], { answer: 'n\n' });
    expect([no.code, no.stderr]).toEqual([1, expect.stringMatching(/nothing was (deleted|updated|drained)\n$/)]);
  });

  it('the question for keys tells their number', async () => {
    const keys = (await flows('proto=icmp')).map(({ key }) => key);
    const { code, stderr } = await ctctl(['delete', ...keys, ...memory], { answer: 'y\n' });
    expect([code, stderr]).toEqual([0, expect.stringMatching(/Delete 3 entries of .*3 entries deleted/)]);
  });

  it('a list that is older than its plan is shown again, and asked about again', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      const [stdin, stderr] = [new PassThrough(), new PassThrough()];
      let text = '';
      stderr.on('data', chunk => {
        text += chunk;
      });
      const running = ctctl(['delete', 'proto=icmp', ...memory], { stdin, stderr, interactive: true });
      await vi.waitUntil(() => text.endsWith('[y/N] '), { timeout: 20_000 });
      vi.setSystemTime(Date.now() + 61_000);
      stdin.write('y\n');
      await vi.waitUntil(() => text.split('[y/N] ').length === 3, { timeout: 20_000 });
      expect(text).toContain('this list is more than a minute old. The current one:\n');
      stdin.write('y\n');
      expect((await running).code).toBe(0);
      expect(text).toMatch(/3 entries deleted\n/);
    } finally {
      vi.useRealTimers();
    }
  });

  it('keys are not read from a terminal', async () => {
    const stdin = Object.assign(new PassThrough(), { isTTY: true });
    const { code, stderr } = await ctctl(['delete', '-', ...memory], { stdin, interactive: true });
    expect([code, stderr]).toEqual([2, expect.stringContaining('is a terminal')]);
  });

  it('nobody is asked about one key, about nothing, or about a refused change', async () => {
    const { key } = (await flows('proto=icmp'))[0]!;
    for (const [argv, code] of [
      [['delete', key], 0],
      [['delete', 'mark=77'], 3],
      [['delete', 'proto=tcp', '--expect', '1'], 1],
    ] as const) {
      const ran = await ctctl([...argv, ...memory], { answer: '' });
      expect([ran.code, ran.stderr.includes('[y/N]')]).toEqual([code, false]);
    }
  });
});

describe('drain and reconcile', () => {
  it('drain sets a deadline, and says how many entries already have one', async () => {
    const { code, stdout } = await ctctl(['drain', 'proto=icmp', '--within', '9s', '-o', 'json', ...memory]);
    expect([code, JSON.parse(stdout)]).toMatchObject([0, { matched: 3, changed: 3, failed: 0 }]);
    const dry = await ctctl(['drain', 'proto=icmp', '--within', '9s', '--dry-run', ...memory]);
    expect([dry.code, lines(dry.stdout).length, dry.stderr]).toEqual([0, 3, '3 entries would be drained (icmp 3)\n']);
  });

  it('drain respects --protect and the limits', async () => {
    const src = (await flows('proto=icmp'))[0]!.original.src;
    const argv = ['drain', 'proto=icmp', '--within', '9s', ...memory];
    expect(first((await ctctl([...argv, '--protect', `src=${src}`])).stderr)).toMatch(/drained, \d protected$/);
    expect((await ctctl([...argv, '--expect', '2'])).code).toBe(1);
  });

  it.each([
    ['no time', ['drain', 'proto=icmp'], '--within'],
    ['no second', ['drain', 'proto=icmp', '--within', '0'], 'at least one second'],
    ['an unknown unit', ['drain', 'proto=icmp', '--within', '5x'], '5x'],
    ['printed entries', ['drain', 'proto=icmp', '--within', '5', '-o', 'ndjson'], '--dry-run'],
    ['no list', ['reconcile', '--scope', 'proto=icmp'], '--keep FILE'],
    ['no scope', ['reconcile', '--keep', '-'], '--scope'],
    ['an empty list', ['reconcile', '--scope', 'proto=icmp', '--keep', '-'], 'the whole scope would be deleted'],
    ['a missing file', ['reconcile', '--scope', 'proto=icmp', '--keep', '/nowhere'], '/nowhere'],
    ['everything as the scope', ['reconcile', '--scope', 'all', '--keep-filter', 'proto=tcp'], ''],
  ])('drain and reconcile refuse %s, with code 2', async (_, argv, message) => {
    const { code, stdout, stderr } = await withInput([...argv, ...memory], '# only a comment\n\n');
    expect([code, stdout, stderr]).toEqual([2, '', expect.stringContaining(message)]);
  });

  it('reconcile keeps what a file names, and reports the line of a fault', async () => {
    const [kept, ...others] = await flows('proto=icmp');
    const list = `# backends\nproto=icmp&src=${kept!.original.src}   # the one\n\n`;
    const same = others.filter(({ original }) => original.src === kept!.original.src).length;
    const { code, stderr } = await withInput(['reconcile', '--scope', 'proto=icmp', '--keep', '-', ...memory], list);
    expect(code).toBe(0);
    expect(first(stderr)).toMatch(new RegExp(`^${others.length - same} entr(y|ies) deleted$`));
    const bad = await withInput(['reconcile', '--scope', 'proto=icmp', '--keep', '-', ...memory], `${list}sorc=1\n`);
    expect([bad.code, bad.stderr]).toEqual([2, expect.stringMatching(/standard input:4: invalid filter\n/)]);
  });
});
