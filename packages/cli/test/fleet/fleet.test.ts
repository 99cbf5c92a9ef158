import { labAvailable } from '@conntrack/lab';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DemoFleet, startDemoFleet } from '../../src/fleet/demo.js';
import { ctctl } from '../ctctl.js';

describe.skipIf(labAvailable() !== undefined)('ctctl on the five hosts of the demo (real kernel)', () => {
  let demo: DemoFleet;
  beforeAll(async () => {
    demo = await startDemoFleet();
  });
  afterAll(() => demo[Symbol.asyncDispose]());
  const fleet = (...words: string[]) => ctctl([...words, '--fleet-file', demo.file, '--deadline', '10']);
  const countOf = async (...words: string[]): Promise<number> => Number((await fleet('count', ...words)).stdout);

  test('fleet status shows each host and how full its table is', async () => {
    const { code, stdout } = await fleet('fleet', 'status');
    expect(code).toBe(0);
    expect(stdout.split('\n').map(line => line.split(/ +/).slice(0, 2))).toEqual([
      ['HOST', 'STATE'],
      ...['gw-1', 'gw-2', 'gw-3', 'lb-1', 'lb-2'].map(name => [name, 'ok']),
      [''],
    ]);
    expect(JSON.parse((await fleet('fleet', 'status', '-o', 'json')).stdout).fleet).toMatchObject({
      asked: 5,
      answered: 5,
    });
  });

  test('the verbs work on all hosts as on one, with the node as a field', async () => {
    const { stdout } = await fleet('list', 'dport=443', '--sort', 'node', '--fields', 'node,dport', '-o', 'csv');
    expect(stdout.replaceAll('\r\n', '\n')).toBe(
      `node,dport\ngw-1,443\n${'gw-2,443\n'.repeat(2)}${'gw-3,443\n'.repeat(2)}${'lb-1,443\n'.repeat(3)}${'lb-2,443\n'.repeat(3)}`,
    );
    expect(await countOf('node=gw-*', 'dport=443')).toBe(5);
    expect(await countOf('--tag', 'balancer', 'dport=443')).toBe(6);
    expect((await fleet('count', '--by', 'node', 'dport=443')).stdout).toMatch(/3 +lb-2/);
    const [key] = (await fleet('list', '-o', 'name', 'node=lb-1', 'dport=22')).stdout.split('\n');
    expect(key).toMatch(/^lb-1\.ct1\./);
    expect((await fleet('get', key!, '-o', 'json')).stdout).toContain('"node":"lb-1"');
    expect((await fleet('stats', '-o', 'json')).code).toBe(0);
  });

  test('a bulk change of the fleet is planned, limited and made on every host', async () => {
    const before = await countOf('dport=443');
    expect((await fleet('delete', 'dport=443', '--dry-run')).stdout).toContain(String(before));
    expect((await fleet('delete', 'dport=443', '--yes', '--expect', '1')).code).toBe(1);
    expect(await countOf('dport=443')).toBe(before);
    const canary = await fleet('update', 'dport=443', '--mark', '0x77', '--yes', '--first', '1');
    expect(canary.code, canary.stderr).toBe(0);
    expect(await countOf('mark=0x77')).toBe(1);
    expect((await fleet('update', 'dport=443', '--mark', '0x78', '--yes')).code).toBe(0);
    expect(await countOf('mark=0x78')).toBe(before);
  });

  test('the options of a fleet are refused without a fleet, and other tables with one', async () => {
    expect((await ctctl(['list', '--tag', 'edge'])).stderr).toContain(
      '--tag does not apply here: it needs --fleet-file',
    );
    expect((await fleet('list', '--source', 'procfs')).stderr).toContain('--fleet-file chooses the tables');
    expect((await ctctl(['count', '--fleet-file', '/nothing'])).stderr).toContain('cannot read the fleet file');
    expect((await fleet('count', 'node=gw-9')).stderr).toContain("no node 'gw-9' in this fleet");
  });

  // The last test: it stops a host.
  test('a host that does not answer is named, and the exit code is 4 unless it may be missing', async () => {
    await demo.hosts.find(({ name }) => name === 'gw-2')!.server.close();
    const { code, stdout, stderr } = await fleet('list', 'dport=443', '-o', 'name');
    expect(code).toBe(4);
    expect(stdout.split('\n').filter(line => line.startsWith('gw-1.'))).toHaveLength(1);
    expect(stderr).toContain('4 of 5 hosts answered: errors from gw-2 (connection-failed)');
    expect((await fleet('list', 'dport=443', '--allow-missing', '1')).code).toBe(0);
    const refused = await fleet('delete', 'dport=443', '--yes');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('errors from gw-2 (connection-failed); nothing was changed');
    const status = await fleet('fleet', 'status');
    expect([status.code, status.stdout]).toEqual([4, expect.stringMatching(/gw-2 +connection-failed/)]);
  });
});
