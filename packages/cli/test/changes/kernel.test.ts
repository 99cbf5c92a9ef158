// The changing verbs on a kernel's table: beside conntrack(8), over a real TCP connection, and locally beside a server.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createNatLab, labAvailable, type NatLab } from '@conntrack/lab';
import { type ConntrackTable, openTable } from '@conntrack/table';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BINARY, quoted } from '../pty.js';

const unavailable = labAvailable();
const token = 'a-token-for-everything-here';
const env = { ...process.env, CTCTL_TOKEN: token, SSH_CONNECTION: '' };

const entry = (proto: string, src: string, dport: number, more = 'use=1'): string => {
  const number = proto === 'tcp' ? 6 : 17;
  const state = proto === 'tcp' ? 'ESTABLISHED ' : '';
  return `${proto}      ${number} 600 ${state}src=${src} dst=198.51.100.1 sport=1024 dport=${dport} src=198.51.100.1 dst=${src} sport=${dport} dport=1024 [ASSURED] ${more}\n`;
};
const ENTRIES = [
  ...Array.from({ length: 20 }, (_, i) => entry('udp', `192.0.2.${i + 1}`, 53, 'mark=7 use=1')),
  ...Array.from({ length: 10 }, (_, i) => entry('tcp', `192.0.2.${i + 1}`, 443)),
  entry('tcp', '192.0.2.1', 22),
];

describe.skipIf(unavailable !== undefined)('with a kernel', () => {
  let lab: NatLab;
  let table: ConntrackTable;
  let folder: string;
  let server: ChildProcess;
  beforeAll(async () => {
    lab = await createNatLab();
    table = await openTable('kernel', { netns: lab.router.path });
    folder = mkdtempSync(join(tmpdir(), 'ctctl-kernel-'));
    server = spawn(process.execPath, [BINARY, 'serve', '--netns', lab.router.path, '--listen', `unix:${folder}/s`], {
      ...{ env, stdio: ['ignore', 'pipe', 'ignore'] },
    });
    await once(server.stdout!, 'data');
  });
  afterAll(async () => {
    server?.kill();
    table?.close();
    await lab?.close();
    if (folder) rmSync(folder, { recursive: true });
  });
  beforeEach(async () => {
    await table.flush({ all: true });
    expect((await table.restore(ENTRIES)).created).toBe(ENTRIES.length);
  });

  const ctctl = (argv: readonly string[], input = '') => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [BINARY, ...argv], { encoding: 'utf8', env, input });
    return { status, stdout, stderr };
  };
  const where = { local: () => ['--netns', lab.router.path], remote: () => ['--server', `unix:${folder}/s`] };
  /** Lines without what changes from one moment to the next. */
  const still = (text: string): string[] =>
    text
      .split('\n')
      .filter(line => line !== '')
      .map(line =>
        line
          .replace(/^(ipv4 +2 )?(\S+ +\d+) \d+/, '$2')
          .replace(/delta-time=\d+/, '')
          .trim(),
      )
      .sort();

  it('delete --show prints the lines that conntrack -D prints', async () => {
    const own = ctctl(['delete', 'proto=udp', 'src=192.0.2.0/28', '--show', ...where.local()]);
    expect([own.status, own.stderr]).toEqual([0, '15 entries deleted\n']);
    await table.restore(ENTRIES);
    const other = await lab.router.run('conntrack', ['-D', '-p', 'udp', '-s', '192.0.2.0/28']);
    expect(other.stderr).toContain('15 flow entries have been deleted');
    expect(still(own.stdout)).toEqual(still(other.stdout));
  });

  it('your own SSH session survives a delete, although sudo has removed $SSH_CONNECTION', async () => {
    const { original, reply } = await lab.traffic.tcpEstablished({ port: 2222 });
    const session = `${reply.dst} ${reply.dport} ${reply.src} ${reply.sport}`;
    // Like sudo: a parent that knows the session, and a program that does not.
    const command = ['env', '-i', `PATH=${process.env.PATH}`, process.execPath, BINARY];
    const run = (...argv: string[]) =>
      spawnSync('sh', ['-c', `${[...command, ...argv, ...where.local()].map(quoted).join(' ')}; exit $?`], {
        encoding: 'utf8',
        env: { ...process.env, SSH_CONNECTION: session },
      });
    const one = run('delete', 'proto=tcp', '-o', 'json');
    expect(one.stderr).toMatch(/^note: your own SSH session from \S+ to \S+ is skipped/);
    expect(JSON.parse(one.stdout)).toMatchObject({
      skipped: 1,
      skips: [{ reason: 'is your own SSH session', count: 1 }],
    });
    expect(await table.lookup({ family: 'ipv4', protonum: 6, original })).toBeDefined();
    expect(run('delete', 'proto=tcp', '--include-own-session').stderr).toMatch(/^1 entry deleted\n/);
    expect(await table.lookup({ family: 'ipv4', protonum: 6, original })).toBeUndefined();
  });

  it('every changing verb does and says the same locally and on a server', async () => {
    writeFileSync(join(folder, 'keep'), '# backends\nsrc=192.0.2.1\nsrc in {192.0.2.2, 192.0.2.3} and proto == udp\n');
    const keys = ctctl(['list', 'dport=443', '-o', 'name', ...where.local()]).stdout;
    expect(keys.split('\n')).toHaveLength(11);
    const commands: readonly (readonly [argv: readonly string[], input?: string])[] = [
      [['delete', 'proto=udp', '--protect', 'src=192.0.2.1', '--spare', 'src=192.0.2.2 and mark == 7', '--dry-run']],
      [['delete', 'proto=udp', '--protect', 'src=192.0.2.1', '-o', 'extended']],
      [['delete', 'proto=udp', '--expect', '3']],
      [['delete', 'proto=udp', '--max-affected', '3']],
      [['delete', 'mark=99']],
      [['delete', '-', '--dry-run'], keys],
      [['delete', '-', '--protect', 'src=192.0.2.2'], keys],
      [['delete', '-', '--show'], keys],
      [['update', 'proto=udp', '--mark', '9', '-o', 'json']],
      [['update', 'mark=9', '--mark', '10', '--show']],
      [['drain', 'mark=10', '--within', '50s', '--protect', 'src=192.0.2.1']],
      [['drain', 'mark=10', '--within', '40s', '--dry-run', '-o', 'json']],
      [['reconcile', '--scope', 'proto=udp', '--keep', join(folder, 'keep'), '--dry-run', '-o', 'name']],
      [['reconcile', '--scope', 'proto=udp', '--keep', join(folder, 'keep')]],
      [['reconcile', '--scope', 'proto=udp', '--keep', '-', '--keep-filter', 'src=192.0.2.2'], 'src=192.0.2.9\n'],
      [['snapshot', '-o', 'save']],
      [['restore', '-', '--dry-run', '-o', 'json'], ENTRIES.join('')],
      [['restore'], ENTRIES.join('')],
      [['restore', '--skip-bad-lines'], `${ENTRIES[0]}nonsense\n`],
      [['delete', 'proto=tcp', '--protect', 'dprot=1']],
      [['flush', '--yes', '--mark', '7']],
      [['flush', '--yes']],
      [['flush']],
    ];
    const runs = async (at: readonly string[]) => {
      await table.flush({ all: true });
      await table.restore(ENTRIES);
      return commands.map(([argv, input]) => {
        // Keys contain the ids of entries, which differ in each filling.
        const text = input === keys ? ctctl(['list', 'dport=443', '-o', 'name', ...at]).stdout : input;
        const { status, stdout, stderr } = ctctl([...argv, ...at], text);
        const said = stderr.replace(/^skipped .*$/m, 'skipped');
        const printed = /-o json/.test(argv.join(' ')) ? [] : still(stdout);
        return {
          argv,
          status,
          said,
          printed: printed.map(line => line.replaceAll(/ct1\.\S+|"?\d{6,}"?|600|5\d\d/g, 'N')),
        };
      });
    };
    const [local, remote] = [await runs(where.local()), await runs(where.remote())];
    expect(local.map(({ status }) => status)).not.toContain(null);
    for (const [i, run] of local.entries()) expect(remote[i]).toEqual(run);
  });

  it('doctor and stats make the same checks locally and on a server', () => {
    const read = (verb: string, at: readonly string[]) => JSON.parse(ctctl([verb, '-o', 'json', ...at]).stdout);
    const [local, remote] = [read('doctor', where.local()), read('doctor', where.remote())];
    const checks = ({ findings }: { findings: { check: string }[] }) => findings.map(({ check }) => check).sort();
    expect(checks(remote)).toEqual(checks(local));
    expect(read('stats', where.remote()).cpus.length).toBe(read('stats', where.local()).cpus.length);
    const text = ctctl(['stats', ...where.remote()]).stdout;
    expect(text).toMatch(/^31 of [\d,]+ entries \(.*\)\n\nCOUNTER +TOTAL +CPU0/);
    expect(text).toMatch(/^insert_failed +\d+ /m);
  });
});
