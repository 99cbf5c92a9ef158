import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Flow, Tuple } from '@conntrack/flow';
import { createNatLab, labAvailable, type NatLab } from '@conntrack/lab';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { ctctl as run } from './ctctl.js';

const BINARY = fileURLToPath(new URL('../dist/ctctl.cjs', import.meta.url));
const unavailable = labAvailable();

describe('ctctl with the kernel, through NAT', () => {
  let lab: NatLab;
  beforeEach(context => {
    if (unavailable !== undefined) context.skip(unavailable);
  });
  beforeAll(async () => {
    if (unavailable === undefined) lab = await createNatLab();
  });
  afterAll(() => lab?.close());

  /** Runs the program in this namespace, with the router's table named by `--netns`. */
  const ctctlOf = (netns: string, ...argv: string[]): SpawnSyncReturns<string> =>
    spawnSync(process.execPath, [BINARY, ...argv, '--netns', netns], { encoding: 'utf8' });
  const ctctl = (...argv: string[]): SpawnSyncReturns<string> => ctctlOf(lab.router.path, ...argv);
  const flows = (...argv: string[]): Flow[] => {
    const { status, stdout, stderr } = ctctl('list', '-o', 'json', ...argv);
    expect([status, stderr]).toEqual([0, '']);
    return JSON.parse(stdout) as Flow[];
  };
  const tupleFlags = (tuple: Tuple): string[] => [
    ...['-p', 'tcp', '-s', tuple.src, '-d', tuple.dst],
    ...['--sport', String(tuple.sport), '--dport', String(tuple.dport)],
  ];

  it('list prints real traffic with the tuples of both directions', async () => {
    const tcp = await lab.traffic.tcpEstablished();
    const closed = await lab.traffic.tcpClosed({ port: 8443 });
    const udp = await lab.traffic.udpExchange();
    const echo = await lab.traffic.icmpEcho();
    expect(flows('proto=tcp&state=ESTABLISHED&dport=443')).toMatchObject([
      {
        original: tcp.original,
        reply: tcp.reply,
        state: 'ESTABLISHED',
        status: expect.arrayContaining(['ASSURED', 'SRC_NAT']),
      },
    ]);
    expect(flows('proto == tcp and dport == 8443')).toMatchObject([{ original: closed.original, state: 'TIME_WAIT' }]);
    expect(flows('proto=udp&unreplied=false')).toMatchObject([{ original: udp.original, reply: udp.reply }]);
    expect(flows('proto=icmp')).toMatchObject([{ original: echo.original, reply: echo.reply }]);
    expect(tcp.reply.dst).toBe(lab.addresses.router.outside.ipv4);
  });

  it('list prints IPv6', async context => {
    if (!lab.families.includes('ipv6')) context.skip('this host has no IPv6');
    const tcp = await lab.traffic.tcpEstablished({ family: 'ipv6' });
    const echo = await lab.traffic.icmpEcho({ family: 'ipv6' });
    expect(flows(`proto=tcp&src=${lab.addresses.client.ipv6}`)).toMatchObject([{ original: tcp.original }]);
    expect(flows('family=ipv6&proto=icmpv6')).toMatchObject([{ original: echo.original, reply: echo.reply }]);
  });

  it('list prints the same as conntrack(8) inside the namespace', async context => {
    const other = await lab.router.run('conntrack', ['-L', '-o', 'extended,id']).catch(() => undefined);
    if (other?.status !== 0) context.skip('conntrack(8) is not installed');
    const own = await lab.router.run(process.execPath, [BINARY, 'list', '-o', 'extended,id']);
    expect([own.status, own.stderr]).toEqual([0, '']);
    // Time passes between the two runs: values that count down or up are removed.
    const still = (text: string): string[] =>
      text
        .split('\n')
        .filter(line => line !== '')
        .map(line => line.replace(/^(\S+ +\d+ \S+ +\d+) \d+/, '$1').replace(/(delta-time|packets|bytes)=\d+/g, '$1'))
        .sort();
    expect(still(own.stdout)).toEqual(still(other!.stdout));
  });

  it('get --reply finds the inside host behind a public address and port', async () => {
    const { original, reply } = await lab.traffic.tcpEstablished({ port: 993 });
    const found = ctctl('get', ...tupleFlags(reply), '--reply', '-o', 'json');
    expect(JSON.parse(found.stdout)).toMatchObject({ original, reply });
    const wrongWay = ctctl('get', ...tupleFlags(reply));
    expect([wrongWay.status, wrongWay.stdout]).toEqual([3, '']);
    expect(wrongWay.stderr).toContain('add --reply');
  });

  it('entries are created, updated and deleted, by key and by filter', () => {
    const tuple = { src: '192.0.2.1', dst: '198.51.100.1', sport: 1000, dport: 80 };
    const made = ctctl(
      'create',
      ...tupleFlags(tuple),
      '-t',
      '5m',
      '--state',
      'SYN_SENT',
      '-m',
      '0x10',
      '-w',
      '9',
      '-o',
      'json',
    );
    expect(made.status).toBe(0);
    const { key, ...flow } = JSON.parse(made.stdout) as Flow & { key: string };
    expect(flow).toMatchObject({ original: tuple, mark: 16, zone: 9, state: 'SYN_SENT' });
    expect(ctctl('create', ...tupleFlags(tuple), '-w', '9').status).toBe(1);

    expect(ctctl('update', key, '--mark', '0x20/0xff', '--label-add', '5', '-o', 'json').status).toBe(0);
    expect(JSON.parse(ctctl('get', key, '-o', 'json').stdout)).toMatchObject({ mark: 32, labels: [5] });
    const many = ctctl('update', 'zone=9', '--timeout', '2h', '--expect', '1');
    expect([many.status, many.stderr]).toEqual([0, '1 entry updated\n']);
    expect(JSON.parse(ctctl('get', key, '-o', 'json').stdout).timeout).toBeGreaterThan(7000);

    expect(ctctl('delete', key).stdout).toContain('mark=32');
    expect(ctctl('delete', key)).toMatchObject({
      status: 3,
      stderr: expect.stringContaining('no entry has its tuple'),
    });
  });

  it('delete with a filter deletes real flows, and no others', async () => {
    await lab.traffic.udpRequest({ port: 5140 });
    await lab.traffic.udpRequest({ port: 5140 });
    const before = Number(ctctl('count').stdout);
    const dry = ctctl('delete', 'proto=udp&dport=5140', '--dry-run');
    expect([dry.status, dry.stderr]).toEqual([0, '2 entries would be deleted (udp 2)\n']);
    const done = ctctl('delete', 'proto=udp&dport=5140', '--max-affected', '2');
    expect([done.status, done.stderr]).toEqual([0, '2 entries deleted\n']);
    expect(flows('dport=5140')).toEqual([]);
    expect(Number(ctctl('count').stdout)).toBe(before - 2);
  });

  it('flush deletes the entries of a zone, and then all', () => {
    const tuple = { src: '192.0.2.1', dst: '198.51.100.1', sport: 1000, dport: 80 };
    expect(ctctl('create', ...tupleFlags(tuple), '-w', '12').status).toBe(0);
    expect(ctctl('flush').status).toBe(2);
    expect(flows('zone=12')).toHaveLength(1);
    expect(ctctl('flush', '--yes', '-w', '12')).toMatchObject({
      status: 0,
      stderr: 'all entries in zone 12 deleted\n',
    });
    expect(flows('zone=12')).toEqual([]);
    expect(flows()).not.toEqual([]);
    expect(ctctl('flush', '--yes').status).toBe(0);
  });

  it('an empty table is explained on a terminal, with the rules that turn tracking on', async () => {
    for (const argv of [['list'], ['count', 'proto=tcp']]) {
      const { code, stderr } = await run([...argv, '--netns', lab.client.path], { terminal: true });
      expect(code).toBe(0);
      expect(stderr).toMatch(
        /^note: this table is empty: the kernel tracks connections only if .*: nft add table inet track; /,
      );
      expect(ctctlOf(lab.client.path, ...argv).stderr).toBe('');
    }
    for (const argv of [
      ['delete', 'proto=tcp'],
      ['delete', 'proto=tcp', '--show'],
    ]) {
      const { code, stderr } = await run([...argv, '--netns', lab.client.path], { terminal: true });
      expect([code, stderr]).toEqual([3, expect.stringMatching(/^0 entries deleted\nnote: this table is empty: /)]);
    }
  });

  it('a filter on an unrecorded field names the sysctl', async () => {
    lab.router.sysctl('netfilter.nf_conntrack_acct', 0);
    const { status, stdout, stderr } = await lab.router.run(process.execPath, [BINARY, 'list', 'bytes.gte=1M']);
    lab.router.sysctl('netfilter.nf_conntrack_acct', 1);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toContain('net.netfilter.nf_conntrack_acct');
  });
});

describe('ctctl without privileges', () => {
  const unshare = (...argv: string[]): SpawnSyncReturns<string> =>
    spawnSync('unshare', ['-U', process.execPath, BINARY, ...argv], { encoding: 'utf8' });
  beforeEach(context => {
    if (spawnSync('unshare', ['-U', 'true']).status !== 0) context.skip('user namespaces are not allowed here');
  });

  it('a missing privilege is reported with a fix, code 1 and no stack', () => {
    const { status, stdout, stderr } = unshare('list');
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^ctctl: .*CAP_NET_ADMIN.*\nfor this command: sudo ctctl list\n.*setcap.*\n$/);
  });

  it("with --source auto, the sample replaces the kernel's table, and the reason is printed", () => {
    const { status, stdout, stderr } = unshare('count', '--source', 'auto');
    expect([status, stdout]).toEqual([0, '68\n']);
    expect(stderr).toMatch(/^the kernel’s table is not available: .*CAP_NET_ADMIN.*\na sample table in memory .*\n$/);
  });
});
