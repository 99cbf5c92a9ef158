import { spawnSync } from 'node:child_process';
import type { NewFlow } from '@conntrack/flow';
import { createNatLab, type Namespace } from '@conntrack/lab';
import { Conntrack } from '@conntrack/netlink';
import { describe, expect, it } from 'vitest';
import { DOCTOR_CHECKS } from '../../src/doctor/doctor.js';
import { ConntrackTable, KernelSource } from '../../src/index.js';
import { filter, variedFlows } from '../flows.js';
import { kernelTable, noKernel } from '../namespace.js';

type Made = Awaited<ReturnType<typeof kernelTable>>;

/** Runs a test with a table of the kernel in a namespace of its own. */
const withTable = (run: (made: Made) => Promise<void>) => async (): Promise<void> => {
  const made = await kernelTable();
  try {
    await run(made);
  } finally {
    made.close();
  }
};

const findingOf = async ({ table }: Made, check: string, interval = 0) =>
  (await table.doctor({ interval })).findings.find(each => each.check === check)!;

const udp = (n: number, more: Partial<NewFlow> = {}): NewFlow => ({
  family: 'ipv4',
  protonum: 17,
  original: { src: `10.0.${n >> 8}.${n & 255}`, dst: '192.0.2.53', sport: 40_000 + n, dport: 53 },
  timeout: 600,
  status: [],
  ...more,
});

/** Applies a ruleset in a namespace. Returns why that failed, if it did. */
function nft(namespace: Namespace, ruleset: string): string | undefined {
  const argv = [`--net=${namespace.path}`, 'nft', '-f', '-'];
  const { status, stderr, error } = spawnSync('nsenter', argv, { input: ruleset, encoding: 'utf8' });
  return status === 0 ? undefined : (error?.message ?? stderr);
}

describe.skipIf(noKernel)(`the doctor on the kernel${noKernel ? ` (${noKernel})` : ''}`, () => {
  it(
    'the doctor reads this namespace, and changes nothing',
    withTable(async made => {
      const { table, namespace } = made;
      expect((await findingOf(made, 'tracking')).status).toBe('note');
      expect((await findingOf(made, 'accounting')).status).toBe('note');
      namespace.sysctl('net.netfilter.nf_conntrack_acct', 1);
      expect((await findingOf(made, 'accounting')).status).toBe('ok');
      for (const flow of variedFlows(50)) await table.create(flow);
      const { source, findings } = await table.doctor({ interval: 0 });
      expect(source.kind).toBe('kernel');
      expect(findings.map(({ check }) => check).sort()).toEqual([...DOCTOR_CHECKS].sort());
      const found = (check: string) => findings.find(each => each.check === check);
      expect(found('tracking')?.found).toContain('50');
      expect(found('zones')?.found).toMatch(/^[1-9]\d* of 50/);
      expect(found('flush')?.status).toMatch(/ok|note/);
      expect(await table.count()).toBe(50);
    }),
  );

  it.each([
    ['accounting', 'nf_conntrack_acct', 0, 1],
    ['timestamps', 'nf_conntrack_timestamp', 0, 1],
    ['events', 'nf_conntrack_events', 2, 1],
    ['events', 'nf_conntrack_events', 0, 1],
    ['tcpLoose', 'nf_conntrack_tcp_loose', 1, 0],
  ])('the finding %s follows the sysctl %s', (check, name, bad, good) =>
    withTable(async made => {
      made.namespace.sysctl(`net.netfilter.${name}`, bad);
      const { status, fix } = await findingOf(made, check);
      expect([status, fix]).toEqual(['note', expect.stringContaining(`sysctl -w net.netfilter.${name}=${good}`)]);
      made.namespace.sysctl(`net.netfilter.${name}`, good);
      expect((await findingOf(made, check)).status).toBe('ok');
    })(),
  );

  it('packets that fit no connection are a warning while they arrive', async () => {
    await using lab = await createNatLab({ ipv6: false, sysctls: { 'netfilter.nf_conntrack_tcp_loose': 0 } });
    await using table = new ConntrackTable(await KernelSource.open({ netns: lab.router.fd }));
    const look = async (interval: number) =>
      (await table.doctor({ interval })).findings.find(({ check }) => check === 'invalid')!;
    expect(await look(0)).toMatchObject({ status: 'ok', numbers: { invalid: 0 } });
    // A connection that continues to send after its entry was deleted.
    const provoke = async (): Promise<void> => {
      const connection = await lab.traffic.tcpEstablished();
      await table.deleteMany(filter('proto=tcp'));
      void connection.exchange().catch(() => {});
    };
    await provoke();
    await expect.poll(async () => (await look(0)).numbers!.invalid).toBeGreaterThan(0);
    expect((await look(0)).status).toBe('ok');
    let over = false;
    const looking = look(1500).finally(() => {
      over = true;
    });
    while (!over) await provoke();
    expect((await looking).status).toBe('warn');
  }, 60_000);

  it(
    'unreplied entries to one destination are found with the command that deletes exactly them',
    withTable(async made => {
      const { table } = made;
      for (let n = 0; n < 30; n++) await table.create(udp(n));
      for (let n = 100; n < 140; n++) await table.create(udp(n, { status: ['SEEN_REPLY'] }));
      const { original } = udp(200);
      await table.create(udp(200, { original: { ...original, dport: 54 } }));
      const { status, fix, groups, numbers } = await findingOf(made, 'unanswered');
      expect(status).toBe('warn');
      expect(numbers).toEqual({ unreplied: 31, rows: 71 });
      expect(groups![0]).toMatchObject({ values: { proto: 'udp', dst: '192.0.2.53', dport: 53 }, entries: 30 });
      const [, words] = /^ctctl delete ([\w.:= ]+)$/.exec(fix!)!;
      expect(await table.deleteMany(filter(words!.split(' ').join('&')))).toMatchObject({ changed: 30 });
      expect(await table.count()).toBe(41);
      expect((await findingOf(made, 'unanswered')).status).toBe('ok');
    }),
  );

  it('connections that find no free port of source NAT are a loss while it happens', async context => {
    await using lab = await createNatLab({ ipv6: false });
    const { clients, server } = lab.addresses;
    // One port for all connections to the black hole.
    const failed = nft(
      lab.router,
      `table ip scarce {
        chain postrouting {
          type nat hook postrouting priority 90
          tcp dport 9 snat to 203.0.113.1:4000
        }
      }
      `,
    );
    if (failed !== undefined) return context.skip(failed);
    await using table = new ConntrackTable(await KernelSource.open({ netns: lab.router.fd }));
    const look = async (interval: number) =>
      (await table.doctor({ interval })).findings.find(({ check }) => check === 'clashes')!;
    await lab.traffic.tcpSynOnly({ from: clients[0]!.ipv4, to: server.ipv4 });
    expect((await look(0)).status).toBe('ok');
    await lab.traffic.tcpSynOnly({ from: clients[1]!.ipv4, to: server.ipv4 });
    await expect.poll(async () => (await look(0)).status).toBe('warn');
    // The client repeats its SYN.
    await expect.poll(async () => (await look(1500)).status, { timeout: 60_000 }).toBe('loss');
  }, 90_000);

  it(
    'the ports of a translated address are counted for its busiest destination',
    withTable(async made => {
      const { table } = made;
      const translated = (n: number, dst: string): NewFlow =>
        ({
          ...udp(n),
          original: { src: `10.1.${n >> 8}.${n & 255}`, dst, sport: 5000, dport: 443 },
          nat: { src: { address: '203.0.113.1', port: 2000 + n } },
        }) as NewFlow;
      for (let n = 0; n < 40; n++) await table.create(translated(n, '198.51.100.1'));
      for (let n = 20; n < 30; n++) await table.create(translated(n, '198.51.100.2'));
      const { status, numbers, groups } = await findingOf(made, 'snatPorts');
      expect(status).toBe('ok');
      expect(numbers).toEqual({ entries: 40, ports: 64_512, distinctPorts: 40 });
      expect(groups![0]).toMatchObject({
        values: { proto: 'udp', 'reply.dst': '203.0.113.1', 'reply.src': '198.51.100.1', 'reply.sport': 443 },
        entries: 40,
      });
      expect(await table.count({ filter: filter(groups![0]!.filter) })).toBe(40);
      expect(await table.count({ filter: filter(groups![1]!.filter) })).toBe(50);
    }),
  );

  it(
    'a translated address that has used three quarters of its ports to one destination is a warning',
    withTable(async made => {
      const conntrack = Conntrack.open({ netns: made.namespace.fd });
      const ports = 48_500;
      const flows = Array.from(
        { length: ports },
        (_, n): NewFlow => ({
          ...udp(0),
          original: { src: `10.1.${n >> 8}.${n & 255}`, dst: '198.51.100.1', sport: 5000, dport: 443 },
          nat: { src: { address: '203.0.113.1', port: 1024 + n } },
        }),
      );
      for await (const { outcome } of conntrack.createMany(flows)) expect(outcome).toBe('done');
      conntrack.close();
      const { status, numbers, fix } = await findingOf(made, 'snatPorts');
      expect([status, numbers]).toEqual(['warn', { entries: ports, ports: 64_512, distinctPorts: ports }]);
      const [, words] = /ctctl top --by src (\S.*)$/.exec(fix!)!;
      expect(await made.table.count({ filter: filter(words!.split(' ').join('&')) })).toBe(ports);
    }),
  );

  it(
    'connections of FTP without a helper are found',
    withTable(async made => {
      const { original } = udp(1);
      const ftp = {
        ...udp(1),
        protonum: 6,
        original: { ...original, dport: 21 },
        state: 'ESTABLISHED',
        status: ['SEEN_REPLY', 'ASSURED'],
      };
      await made.table.create(ftp as NewFlow);
      expect(await findingOf(made, 'helpers')).toMatchObject({
        status: 'note',
        groups: [{ values: { proto: 'tcp', dport: 21 }, entries: 1 }],
      });
    }),
  );

  it('a flowtable without a counter is found, and one with a counter is not', async context => {
    const made = await kernelTable();
    try {
      expect(await findingOf(made, 'flowtables')).toMatchObject({ status: 'ok', numbers: { flowtables: 0 } });
      const flowtable = (family: string, name: string, counter: string) =>
        nft(made.namespace, `table ${family} fw {\nflowtable ${name} {\nhook ingress priority 0\n${counter}\n}\n}\n`);
      const failed = flowtable('inet', 'fast', 'counter');
      if (failed !== undefined) return context.skip(`no flowtables here: ${failed}`);
      expect(await findingOf(made, 'flowtables')).toMatchObject({ status: 'ok', numbers: { flowtables: 1 } });
      expect(flowtable('ip', 'silent', '')).toBeUndefined();
      expect(await findingOf(made, 'flowtables')).toMatchObject({
        status: 'note',
        found: expect.stringContaining('flowtable without counter: ip fw silent.'),
      });
    } finally {
      made.close();
    }
  });

  it(
    'a check that is aborted ends with the reason',
    withTable(async ({ table }) => {
      const controller = new AbortController();
      const diagnosis = table.doctor({ interval: 60_000, signal: controller.signal });
      setTimeout(() => controller.abort(new Error('enough')), 50);
      await expect(diagnosis).rejects.toThrow('enough');
    }),
  );
});
