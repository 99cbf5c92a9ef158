import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { SAMPLE } from '../../src/sample.js';
import { ctctl } from '../ctctl.js';
import { BINARY, onTerminal, quoted } from '../pty.js';

const folder = mkdtempSync(join(tmpdir(), 'ctctl-golden-'));
afterAll(() => rmSync(folder, { recursive: true }));
/** A capture without ids. */
const plain = join(folder, 'plain.txt');
writeFileSync(
  plain,
  'udp 17 30 src=192.0.2.1 dst=192.0.2.2 sport=1 dport=2 src=192.0.2.2 dst=192.0.2.1 sport=2 dport=1 mark=0 use=1\n',
);

const source = ['--source', `file:${SAMPLE}`];
const golden = (text: string, name: string) => expect(text).toMatchFileSnapshot(`golden/${name}.txt`);

const FORMATS = ['text', 'extended', 'id', 'json', 'ndjson', 'csv', 'save', 'xml', 'table', 'wide', 'name'];

describe('the output in a pipe', () => {
  it.each(FORMATS)('list -o %s writes what the golden file shows', async format => {
    const { code, stdout } = await ctctl(['list', 'dport == 8080 or proto in {icmp, gre}', '-o', format, ...source]);
    expect(code).toBe(0);
    await golden(stdout, `list-${format}`);
  });

  it.each(['table', 'csv', 'json', 'ndjson'])('list --fields -o %s writes only these fields', async format => {
    const argv = ['list', 'proto=icmp', '--fields', 'src,dst,bytes,state,label', '-o', format, ...source];
    const { code, stdout } = await ctctl(argv);
    expect(code).toBe(0);
    await golden(stdout, `fields-${format}`);
  });

  it('without -o, a list in a pipe has the lines of conntrack(8), and with --fields a table', async () => {
    const { stdout } = await ctctl(['list', 'proto=icmp', ...source]);
    expect(stdout).toBe((await ctctl(['list', 'proto=icmp', '-o', 'text', ...source])).stdout);
    const fields = ['list', 'proto=icmp', '--fields', 'src', ...source];
    expect((await ctctl(fields)).stdout).toMatch(/^SRC\n/);
  });

  it('a table in a pipe is the same in every locale, has no last line, and colors only on request', async () => {
    const argv = ['list', 'proto=udp', '-o', 'table', '--limit', '2', ...source];
    const { stdout } = await ctctl(argv, { env: { LANG: 'C.UTF-8' } });
    expect(stdout).toBe((await ctctl(argv, { env: { LANG: 'C' } })).stdout);
    expect(stdout.split('\n')).toHaveLength(4);
    expect(stdout).not.toContain('\u001b');
    expect((await ctctl([...argv, '--color=always'])).stdout).toContain('\u001b[36msnat -> ');
  });

  it('a sorted table shows the column that it is sorted by, also one that only -o wide has otherwise', async () => {
    const argv = ['list', 'proto=tcp', '-o', 'table', '--limit', '2', ...source];
    expect((await ctctl([...argv, '--sort', '-packets'])).stdout).toMatch(/^PROTO.* PACKETS/);
    expect((await ctctl([...argv, '--sort', 'src'])).stdout).not.toContain('PACKETS');
  });

  it.each([
    [['--fields', 'src', '-o', 'xml'], /--fields does not apply here: 'xml' always has all fields/],
    [['--fields', 'srk'], /--fields: unknown field 'srk'. Fields: key, node, family/],
    [['-o', 'tabel'], /--output: unknown format 'tabel'.*table, wide, name/],
    [['-o', 'name'], /entries without an id have no key/],
    [['--watch'], /--watch draws on a terminal/],
    [['--color', 'yes'], /--color: must be auto, always or never/],
  ])('an output that is not possible is an error: %j', async (argv, said) => {
    const { code, stderr } = await ctctl(['list', ...argv, '--source', `file:${plain}`]);
    expect([code, stderr]).toEqual([2, expect.stringMatching(said)]);
  });
});

describe('the output on a terminal', () => {
  it.skipIf(!existsSync('/usr/bin/script')).each([
    [120, { LANG: 'C.UTF-8' }, 'colors'],
    [120, { NO_COLOR: '1' }, 'wide-enough'],
    [80, { NO_COLOR: '1' }, 'narrow'],
    [40, { NO_COLOR: '1', LANG: 'C' }, 'very-narrow'],
    [120, { NO_COLOR: '1', LANG: 'C' }, 'ascii'],
  ])('a list on a terminal with %d columns and %j is a table: %s', async (columns, env, name) => {
    expect(existsSync(BINARY), 'build the package first').toBe(true);
    const { code, text } = onTerminal(['list', 'family=ipv4', '--sort', '-bytes', '--limit', '6', ...source], {
      columns,
      env,
    });
    expect(code).toBe(0);
    await golden(text, `terminal-${name}`);
  });
});

describe('a table of many rows', () => {
  /** Entries of which only the last one has a mark and a long address. */
  const many = join(folder, 'many.txt');
  const line = (i: number, src: string, mark: number) =>
    `udp 17 30 src=${src} dst=192.0.2.2 sport=${i} dport=53 src=192.0.2.2 dst=${src} sport=53 dport=${i} mark=${mark} use=1\n`;
  writeFileSync(
    many,
    Array.from({ length: 1500 }, (_, i) => line(i + 1, '10.0.0.1', 0)).join('') + line(9999, '203.0.113.200', 7),
  );

  it('columns are not dropped while rows are missing, and a longer cell is shown whole', async () => {
    const { stdout } = await ctctl(['list', '-o', 'table', '--source', `file:${many}`]);
    const lines = stdout.split('\n');
    expect(lines).toHaveLength(1503);
    expect(lines[0]).toMatch(/^PROTO +STATE +SOURCE +DESTINATION +NAT +BYTES +AGE +TIMEOUT +MARK +ZONE$/);
    expect(lines[1501]).toMatch(/^udp +SEEN_REPLY +203\.0\.113\.200:9999 +192\.0\.2\.2:53 +- +- +- +30s +7 +-$/);
    const colored = await ctctl(['list', '-o', 'table', '--color=always', '--source', `file:${many}`]);
    expect(colored.stdout.replaceAll(/\u001b\[\d+m/g, '')).toBe(stdout);
  });

  it('a filter that leaves few rows drops the empty columns', async () => {
    const { stdout } = await ctctl(['list', 'mark=7', '-o', 'table', '--source', `file:${many}`]);
    expect(stdout).toMatch(/^PROTO {2}STATE {7}SOURCE {14}DESTINATION {3}TIMEOUT {2}MARK\n.*\n$/);
  });
});

it.skipIf(!existsSync('/usr/bin/script')).each([
  ['list', '6 of 68 entries'],
  ['stats', 'this table has no counters'],
])(
  '%s --watch draws again, and restores the terminal on Ctrl-C',
  async (verb, shown) => {
    const command = `stty cols 80 rows 10; ${['node', BINARY, verb, '--watch=1', ...source].map(quoted).join(' ')}`;
    const child = spawn('script', ['-qefc', command, '/dev/null'], {
      env: { PATH: process.env.PATH, HOME: '/nonexistent', TERM: 'xterm', LANG: 'C' },
    });
    let text = '';
    child.stdout.on('data', chunk => (text += chunk));
    await expect.poll(() => text.split('every 1 s').length, { timeout: 30_000 }).toBeGreaterThan(2);
    child.stdin.write('\u0003');
    const [code] = await once(child, 'exit');
    expect(code).toBe(130);
    expect(text).toContain(shown);
    expect(text).toMatch(/\u001b\[\?1049h\u001b\[\?25l[\s\S]*\u001b\[\?25h\u001b\[\?1049l[\r\n]*$/);
  },
  60_000,
);
