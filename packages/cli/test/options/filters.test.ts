import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { SAMPLE } from '../../src/sample.js';
import { ctctl } from '../ctctl.js';

const source = ['--source', `memory:${SAMPLE}`];
const query = async (...argv: string[]): Promise<string> =>
  JSON.parse((await ctctl(['explain', '-o', 'json', ...argv])).stdout).query;

describe('options that are filters', () => {
  it.each([
    [['-p', 'tcp', '--dport', '443'], 'proto=tcp&dport=443'],
    [['--protonum', '17', '--orig-src', '10.0.0.0/8'], 'proto=udp&src=10.0.0.0/8'],
    [['-s', '192.0.2.1', '-d', '192.0.2.2', '--sport', '1'], 'src=192.0.2.1&dst=192.0.2.2&sport=1'],
    [['-r', '192.0.2.1', '-q', '192.0.2.2'], 'reply.src=192.0.2.1&reply.dst=192.0.2.2'],
    [['--reply-port-src', '1', '--reply-port-dst', '2'], 'reply.sport=1&reply.dport=2'],
    [['-n'], 'src-nat'],
    [['-g', '192.0.2.1', '-p', 'udp'], 'proto=udp&dst-nat=192.0.2.1'],
    [['-j', '-p', 'udp'], 'proto=udp&any-nat'],
    [['-m', '0x10/0xf0'], 'mark=0x10/0xf0'],
    [['-w', '7', '-f', 'ipv6', '-u', 'ASSURED', '-i', '5'], 'status=ASSURED&zone=7&family=ipv6&id=5'],
    [['--state', 'ESTABLISHED', 'dport=80,443'], 'dport=80,443&state=ESTABLISHED'],
    [['src=10.0.0.1', '-p', 'tcp'], 'src=10.0.0.1&proto=tcp'],
  ])('conntrack(8)’s options %j are the filter %s', async (argv, text) => expect(await query(...argv)).toBe(text));

  it('options are added to a whole expression', async () => {
    const { stdout } = await ctctl(['explain', '-o', 'json', 'dport == 80 or dport == 443', '-p', 'tcp']);
    expect(JSON.parse(stdout).expression).toBe('(dport == 80 or dport == 443) and proto == tcp');
  });

  it('a deletion, an update and a count use them', async () => {
    expect((await ctctl(['count', '-p', 'udp', ...source])).stdout).toBe('17\n');
    expect((await ctctl(['delete', '-p', 'udp', '--expect', '17', '--yes', ...source])).code).toBe(0);
    expect((await ctctl(['update', '-p', 'udp', '-m', '7', '--expect', '17', '--yes', ...source])).code).toBe(0);
  });

  it('an update sets what its own options name', async () => {
    const { stderr } = await ctctl(['update', '-m', '7', ...source]);
    expect(stderr).toContain('update requires a key or a filter');
    expect((await ctctl(['update', '--help'])).stdout).toContain('Here -m, -u and -l set values.');
  });

  it.each([
    [['delete', '-s', '10.0.0.1', '-s', '10.0.0.2'], /--src was given 2 times. .*: src=10\.0\.0\.1,10\.0\.0\.2/],
    [['delete', 'ct1.AQAAAgbAqAEKXbjYIsgiAbvK_rq-', '-p', 'tcp'], /--proto does not apply here: a key already/],
    [['list', '-p', 'tpc'], /unknown proto 'tpc'. Did you mean 'tcp'/],
    [['list', '--bytes', '5'], /write filters without dashes: ctctl list bytes=…/],
    [['list', '-n', 'dst=192.0.2.1'], /invalid filter/],
  ])('%j is an error that says what to do', async (argv, said) => {
    const { code, stderr } = await ctctl([...argv, ...source]);
    expect([code, stderr]).toEqual([2, expect.stringMatching(said)]);
  });
});

describe('words that people type first', () => {
  it.each([
    ['tcp', 'proto=tcp'],
    ['ESTABLISHED', 'state=ESTABLISHED'],
    ['192.0.2.1', 'addr=192.0.2.1'],
    ['ip=192.0.2.1', 'addr'],
    ['dnat', 'dst-nat'],
    ['state=UNREPLIED', 'unreplied'],
    ['dport=1024:2048', '1024-2048'],
  ])('%s is answered with %s', async (word, meant) => {
    const { code, stderr } = await ctctl(['list', word, ...source]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(meant)]);
  });

  it.each(['list', 'count', 'update', 'delete'])('the help of %s has filters to copy', async verb => {
    const { stdout } = await ctctl([verb, '--help']);
    expect(stdout).toContain('ctctl list proto=tcp state=ESTABLISHED dport=80,443');
    expect(stdout).toContain("'ctctl fields'");
    expect(stdout).toContain('Filters, as in conntrack(8):\n');
  });
});

describe('standard input as a source', () => {
  const stdin = () => Readable.from([readFileSync(SAMPLE)]) as never;
  it('a capture is read from standard input, also if it is read twice', async () => {
    expect(await ctctl(['count', '--source', 'file:-'], { stdin: stdin() })).toEqual({
      code: 0,
      stdout: '68\n',
      stderr: '',
    });
    // A filter over counters first looks whether the capture has any.
    const argv = ['list', 'bytes>1M', '-o', 'name', '--source'];
    const { stdout } = await ctctl([...argv, `file:${SAMPLE}`]);
    expect(stdout).not.toBe('');
    expect((await ctctl([...argv, 'file:-'], { stdin: stdin() })).stdout).toBe(stdout);
  });

  it('a copy in memory is read from standard input, too', async () =>
    expect((await ctctl(['delete', 'proto=udp', '--yes', '--source', 'memory:-'], { stdin: stdin() })).code).toBe(0));
});
