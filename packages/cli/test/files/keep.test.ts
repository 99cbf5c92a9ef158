// snapshot, restore and convert, with tables in memory and files.
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { Interrupted } from '../../src/process/io.js';
import { SAMPLE } from '../../src/sample.js';
import { ctctl } from '../ctctl.js';

const memory = ['--source', `memory:${SAMPLE}`];
const empty = ['--source', 'memory'];
const root = mkdtempSync(join(tmpdir(), 'ctctl-keep-'));
afterAll(() => rmSync(root, { recursive: true }));
let folder = '';
let made = 0;
beforeEach(() => {
  folder = join(root, String(made++));
  mkdirSync(folder);
});

const lines = (text: string): string[] => text.split('\n').filter(line => line !== '');
const first = (text: string): string => text.split('\n')[0]!;
const withInput = (argv: readonly string[], text: string | Buffer) => {
  const stdin = new PassThrough();
  stdin.end(text);
  return ctctl(argv, { stdin });
};

describe('snapshot', () => {
  it('snapshot writes a file with all entries, which only its owner can read', async () => {
    const file = join(folder, 'table.ndjson');
    const { code, stdout, stderr } = await ctctl(['snapshot', '-f', file, ...memory]);
    expect([code, stdout, stderr]).toEqual([0, '', `68 entries saved in ${file}\n`]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const printed = await ctctl(['snapshot', ...memory]);
    expect([printed.stdout, printed.stderr]).toEqual([readFileSync(file, 'utf8'), '']);
    expect(readdirSync(folder)).toEqual(['table.ndjson']);
  });

  it('snapshot with a name that ends with .gz compresses', async () => {
    const file = join(folder, 'table.ndjson.gz');
    expect((await ctctl(['snapshot', 'proto=udp', '-f', file, ...memory])).stderr).toBe(
      `17 entries saved in ${file}\n`,
    );
    expect(lines(gunzipSync(readFileSync(file)).toString())).toHaveLength(17);
  });

  it('snapshot -o save says what a save does not contain', async () => {
    const { code, stdout, stderr } = await ctctl(['snapshot', 'proto=tcp', '-o', 'save', ...memory]);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^-A /)]);
    expect(stderr).toMatch(/^note: -o save does not contain labels/);
  });

  it('a snapshot replaces the file behind a symbolic link, and the link stays', async () => {
    const [file, link] = [join(folder, 'real'), join(folder, 'link')];
    writeFileSync(file, 'old');
    symlinkSync(file, link);
    await ctctl(['snapshot', '-f', link, ...memory]);
    expect(lines(readFileSync(file, 'utf8'))).toHaveLength(68);
    expect(readdirSync(folder).sort()).toEqual(['link', 'real']);
  });

  it('an interrupted snapshot leaves the old file as it was', async () => {
    const file = join(folder, 'table.ndjson');
    writeFileSync(file, 'old');
    const signal = AbortSignal.abort(new Interrupted('SIGINT'));
    const { code } = await ctctl(['snapshot', '-f', file, ...memory], { signal });
    expect([code, readFileSync(file, 'utf8'), readdirSync(folder)]).toEqual([130, 'old', ['table.ndjson']]);
  });

  it.each([
    ['a folder that does not exist', ['-f', '/nowhere/table'], 'the folder /nowhere does not exist'],
    ['a folder', ['-f', '/tmp'], 'not a regular file'],
    ['a device', ['-f', '/dev/null'], 'not a regular file'],
    ['another format', ['-o', 'xml'], 'ctctl list -o FORMAT'],
  ])('snapshot refuses %s, with code 2', async (_, argv, message) => {
    const { code, stdout, stderr } = await ctctl(['snapshot', ...argv, ...memory]);
    expect([code, stdout, stderr]).toEqual([2, '', expect.stringContaining(message)]);
    expect(existsSync('/dev/null')).toBe(true);
  });
});

describe('restore', () => {
  it('restore creates the entries of a snapshot, and says what they lack', async () => {
    const file = join(folder, 'table.ndjson.gz');
    await ctctl(['snapshot', '-f', file, ...memory]);
    const { code, stdout, stderr } = await ctctl(['restore', file, ...empty]);
    expect([code, stdout, first(stderr)]).toEqual([0, '', '68 entries created']);
    expect(stderr).toMatch(/^not restored: .*counters \(\d+\)/m);
    const again = await ctctl(['restore', file, '-o', 'json', ...memory]);
    expect([again.code, JSON.parse(again.stdout)]).toMatchObject([
      0,
      { dryRun: false, read: 68, created: 0, existed: 68 },
    ]);
  });

  it('restore --dry-run counts, and creates nothing', async () => {
    const text = (await ctctl(['snapshot', ...memory])).stdout;
    const { code, stderr } = await withInput(['restore', '--dry-run', ...empty], text);
    expect([code, first(stderr)]).toEqual([0, '68 entries would be created']);
    const json = await withInput(['restore', '-', '--dry-run', '-o', 'json', ...empty], text);
    expect(JSON.parse(json.stdout)).toMatchObject({ dryRun: true, ready: 68, created: 0 });
  });

  it('an invalid line ends a restore with its place and the counts so far, or is skipped', async () => {
    const entries = lines((await ctctl(['snapshot', 'proto=icmp', ...memory])).stdout);
    const text = `${entries.join('\n')}\n{"family":"ipv4"\n`;
    const { code, stderr } = await withInput(['restore', ...empty], text);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^3 entries created before that\. .*\nctctl: invalid capture: /);
    const skipping = await withInput(['restore', '--skip-bad-lines', ...empty], text);
    expect(skipping.code).toBe(0);
    expect(skipping.stderr).toMatch(/^skipped .*line 4.*\n3 entries created, 1 invalid line skipped\n/i);
  });

  it.each([
    ['a missing file', ['/nowhere/x'], 'no such file'],
    ['a folder', ['/tmp'], 'is a folder'],
    ['another format', ['-', '-o', 'xml'], 'text or json'],
  ])('restore refuses %s, with code 2', async (_, argv, message) => {
    const { code, stderr } = await withInput(['restore', ...argv, ...empty], '');
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });

  it('restore into a capture is refused before the snapshot is read', async () => {
    const { code, stderr } = await withInput(['restore', '-', '--source', `file:${SAMPLE}`], '{}');
    expect([code, stderr]).toEqual([2, expect.stringContaining('read-only')]);
  });

  it('restore on a terminal without a file says how to name one', async () => {
    const stdin = Object.assign(new PassThrough(), { isTTY: true });
    const { code, stderr } = await ctctl(['restore', ...empty], { stdin });
    expect([code, stderr]).toEqual([2, expect.stringContaining('ctctl restore FILE')]);
  });
});

describe('convert', () => {
  const formats = ['text', 'extended', 'ndjson', 'json', 'csv', 'xml', 'save'];

  it.each(formats)('convert reads what it wrote as %s: the entries stay the same', async format => {
    const converted = await ctctl(['convert', SAMPLE, '--to', format]);
    expect(converted.code).toBe(0);
    const back = await withInput(['convert', '-', '--to', 'text'], converted.stdout);
    const tuples = (text: string): string[] =>
      lines(text).map(
        line => /^\w+ +\d+ .*?(src=\S+ dst=\S+ .*?)(?= packets|$)/.exec(line)?.[1]?.split(' packets')[0] ?? line,
      );
    expect([back.code, tuples(back.stdout).length]).toEqual([0, 68]);
    if (format !== 'save')
      expect(tuples(back.stdout)).toEqual(tuples((await ctctl(['list', '--source', `file:${SAMPLE}`])).stdout));
  });

  it('convert prints the same as list with the file as its source', async () => {
    for (const format of formats)
      expect((await ctctl(['convert', SAMPLE, '--to', format])).stdout).toBe(
        (await ctctl(['list', '-o', format, '--source', `file:${SAMPLE}`])).stdout,
      );
  });

  it('convert reads compressed text', async () => {
    const { stdout } = await withInput(['convert', '--to', 'ndjson'], gzipSync(readFileSync(SAMPLE)));
    expect(lines(stdout)).toHaveLength(68);
  });

  it('convert reports an invalid line, or skips it', async () => {
    const text = `${lines(readFileSync(SAMPLE, 'utf8'))[0]}\ntcp 6 src=nonsense\n`;
    const strict = await withInput(['convert', '--to', 'ndjson'], text);
    expect([strict.code, strict.stderr]).toEqual([
      2,
      expect.stringMatching(/invalid capture.*\n[\s\S]*--skip-bad-lines\n$/),
    ]);
    const tolerant = await withInput(['convert', '--to', 'ndjson', '--skip-bad-lines'], text);
    expect([tolerant.code, lines(tolerant.stdout).length]).toEqual([0, 1]);
    expect(tolerant.stderr).toMatch(/^skipped .*\n[\s\S]*1 entry converted, 1 invalid lines skipped\n$/);
  });

  it('convert refuses an event log, and says what it is', async () => {
    const event =
      '[DESTROY] udp      17 src=192.0.2.1 dst=192.0.2.2 sport=5 dport=6 src=192.0.2.2 dst=192.0.2.1 sport=6 dport=5\n';
    const { code, stderr } = await withInput(['convert', '--to', 'csv'], event);
    expect([code, stderr]).toEqual([2, expect.stringContaining('event log')]);
  });

  it('convert of an empty file writes an empty list, and says so', async () => {
    const { code, stdout, stderr } = await withInput(['convert', '--to', 'json'], '');
    expect([code, JSON.parse(stdout), stderr]).toEqual([0, [], 'note: standard input contains no entries\n']);
  });

  it('convert needs a format', async () => {
    expect((await ctctl(['convert', SAMPLE])).stderr).toContain('--to');
    expect((await ctctl(['convert', SAMPLE, '--to', 'yaml'])).stderr).toContain("unknown format 'yaml'");
  });
});

describe('with the kernel', () => {
  const BINARY = fileURLToPath(new URL('../../dist/ctctl.cjs', import.meta.url));
  /** Runs a shell script in a new network namespace. */
  const inNamespace = (script: string) =>
    spawnSync('unshare', ['-rn', 'sh', '-c', `ctctl() { "${process.execPath}" "${BINARY}" "$@"; }; ${script}`], {
      encoding: 'utf8',
    });
  beforeEach(context => {
    if (inNamespace('conntrack -C').status !== 0) context.skip('conntrack or namespaces are not available here');
  });

  it('conntrack -R accepts what snapshot -o save writes', async () => {
    const file = join(folder, 'table.save');
    // conntrack -R requires a timeout, and offloaded entries have none.
    const filter = 'proto=udp,tcp&family=ipv4&zone=0&status.not=OFFLOAD,HW_OFFLOAD';
    await ctctl(['snapshot', filter, '-o', 'save', '-f', file, ...memory]);
    const { stdout, stderr } = inNamespace(`conntrack -R ${file} && ctctl list -o ndjson`);
    expect(stderr).toBe('');
    const saved = lines(readFileSync(file, 'utf8'));
    expect([lines(stdout).length, saved.length > 30]).toEqual([saved.length, true]);
  });

  it('what snapshot saves of a kernel, restore creates in another one, with refusals by reason', () => {
    // No entry expires in the meantime.
    const lasting = 'ctctl update family=ipv4,ipv6 --timeout 1h';
    const script = `ctctl restore ${SAMPLE} 2>&1; ${lasting}; ctctl snapshot -f ${folder}/one.gz; conntrack -C`;
    const one = inNamespace(script);
    expect(one.stdout).toMatch(/^\d+ entries created(, \d+ refused)?\n/);
    const count = Number(lines(one.stdout).at(-1));
    expect(count).toBeGreaterThan(60);
    const refused = /^(\d+) refused: (.*)$/m.exec(one.stdout);
    if (refused !== null) expect(one.stdout).toContain(`${refused[0]}\n  for example: `);
    const other = inNamespace(`ctctl restore ${folder}/one.gz; ctctl restore ${folder}/one.gz -o json; conntrack -C`);
    expect(other.stderr).toMatch(new RegExp(`^${count} entries created\n`));
    const [report, after] = [JSON.parse(lines(other.stdout)[0]!), Number(lines(other.stdout)[1])];
    expect([report, after]).toMatchObject([{ read: count, created: 0, existed: count }, count]);
  });

  it('restore says that CAP_NET_ADMIN is missing, and convert needs none', () => {
    const nobody = ['--reuid=65534', '--regid=65534', '--clear-groups', '--bounding-set=-all', '--inh-caps=-all'];
    const run = (...argv: string[]) =>
      spawnSync('setpriv', [...nobody, process.execPath, BINARY, ...argv], { encoding: 'utf8', input: '' });
    const restored = run('restore', SAMPLE);
    expect([restored.status, restored.stderr]).toEqual([
      1,
      expect.stringMatching(/^ctctl: cannot restore: .*CAP_NET_ADMIN.*\nfor this command: sudo ctctl restore \S+\n/),
    ]);
    const converted = run('convert', SAMPLE, '--to', 'ndjson');
    expect([converted.status, lines(converted.stdout).length, converted.stderr]).toEqual([0, 68, '']);
  });
});
