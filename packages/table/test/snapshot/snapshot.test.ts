import type { Flow } from '@conntrack/flow';
import { createNatLab } from '@conntrack/lab';
import { describe, expect, it } from 'vitest';
import { ConntrackTable, KernelSource, MemorySource, TableError } from '../../src/index.js';
import { all, failing, filter, tcpFlow, variedFlows } from '../flows.js';
import { kernelTable, noKernel } from '../namespace.js';

/** What a snapshot must keep of a flow. Timeouts are excluded because they run down. */
const essence = (flows: Flow[]) =>
  flows
    .map(({ family, protonum, original, reply, state, status, mark, zone, labels, protoinfo }) => {
      const bare = ({ packets: _, bytes: __, ...tuple }: Flow['original']) => tuple;
      return {
        family,
        protonum,
        original: bare(original),
        reply: bare(reply),
        state,
        status,
        mark,
        zone,
        labels,
        protoinfo,
      };
    })
    .sort((one, other) => (JSON.stringify(one.original) < JSON.stringify(other.original) ? -1 : 1));

async function varied(count = 200) {
  const table = new ConntrackTable(new MemorySource());
  for (const flow of variedFlows(count)) await table.create(flow);
  return table;
}

describe('a snapshot', () => {
  it('a snapshot as NDJSON and as -o save is restored unchanged', async () => {
    const table = await varied();
    for (const format of ['ndjson', 'save'] as const) {
      const copy = new ConntrackTable(new MemorySource());
      const report = await copy.restore(table.snapshot({ format }));
      expect(report).toMatchObject({ read: 200, created: 200, existed: 0, refused: 0, refusals: [], badLines: 0 });
      const flat = (flows: Flow[]) =>
        essence(flows).map(({ original, reply, state, zone, mark }) => ({ original, reply, state, zone, mark }));
      expect(flat(await all(copy.list())), format).toEqual(flat(await all(table.list())));
    }
  });

  it('a snapshot as -o save restores ICMP entries without NAT unchanged', async () => {
    const original = { src: '10.0.0.1', dst: '10.0.0.2', type: 8, code: 0, id: 5 };
    const flow: Flow = {
      family: 'ipv4',
      protocol: 'icmp',
      protonum: 1,
      original,
      reply: { src: '10.0.0.2', dst: '10.0.0.1', type: 0, code: 0, id: 5 },
      status: ['SEEN_REPLY', 'CONFIRMED'],
      timeout: 30,
      mark: 4,
    };
    const copy = new ConntrackTable(new MemorySource());
    await copy.restore(new ConntrackTable(new MemorySource([flow])).snapshot({ format: 'save' }));
    const [back] = await all(copy.list());
    expect(back).toMatchObject({ original, reply: flow.reply, mark: 4 });
    expect(back!.status).toEqual(flow.status);
  });

  it('a snapshot can be limited by a filter', async () => {
    const table = await varied();
    const copy = new ConntrackTable(new MemorySource());
    await copy.restore(table.snapshot({ filter: filter('proto=udp') }));
    expect(await copy.count()).toBe(await table.count({ filter: filter('proto=udp') }));
  });

  it('restoring leaves existing entries unchanged, and reports what was refused, why, and what is lost', async () => {
    const table = new ConntrackTable(new MemorySource([1, 2, 3, 4].map(n => tcpFlow(n))));
    const copy = new ConntrackTable(new MemorySource([tcpFlow(2)], { max: 3 }));
    const report = await copy.restore(table.snapshot());
    expect(report).toMatchObject({ read: 4, created: 2, existed: 1, refused: 1, lost: { counters: 2 } });
    expect(report.refusals).toMatchObject([
      { code: 'NO_ROOM', reason: expect.stringContaining('full'), count: 1, examples: [{ mark: 4 }] },
    ]);
  });

  it('a bad line of a snapshot throws, or is skipped', async () => {
    const text = [`${JSON.stringify(tcpFlow(1))}\nnonsense\n${JSON.stringify(tcpFlow(2))}\n`];
    const copy = new ConntrackTable(new MemorySource());
    await expect(copy.restore(text)).rejects.toThrow(/line 2/);
    const bad: unknown[] = [];
    expect(await copy.restore(text, { onBadLine: error => bad.push(error) })).toMatchObject({
      read: 2,
      existed: 1,
      created: 1,
      badLines: 1,
    });
    expect(bad).toHaveLength(1);
  });

  it('a snapshot cannot be restored into a capture', async () => {
    const { CaptureSource } = await import('../../src/index.js');
    expect((await failing(new ConntrackTable(new CaptureSource('/dev/null')).restore([]))).code).toBe('READ_ONLY');
  });
});

describe.skipIf(noKernel)(`a snapshot of the kernel's table${noKernel ? ` (${noKernel})` : ''}`, () => {
  it('a snapshot of the kernel is restored in another namespace, with every protocol, zone, mark, state and translation', async () => {
    await using lab = await createNatLab();
    const { traffic } = lab;
    await Promise.all([traffic.tcpEstablished(), traffic.tcpForwarded(), traffic.udpRequest({ port: 5140 })]);
    const source = new ConntrackTable(await KernelSource.open({ netns: lab.router.fd }));
    const into = await kernelTable();
    const twice = await kernelTable();
    try {
      for (const flow of variedFlows(60)) await source.create(flow);
      const report = await into.table.restore(source.snapshot());
      expect(report.refusals).toEqual([]);
      expect(report).toMatchObject({ created: report.read, existed: 0 });
      expect(report.lost.counters).toBeGreaterThan(2);
      const [was, is] = [essence(await all(source.list())), essence(await all(into.table.list()))];
      expect(is.length).toBe(was.length);
      const kept = (flows: typeof was) =>
        flows.map(({ protoinfo: _, status, ...flow }) => ({
          ...flow,
          status: status?.filter(name => !name.endsWith('_DONE')),
        }));
      expect(kept(is)).toEqual(kept(was));
      expect(await into.table.restore(source.snapshot({ format: 'save' }))).toMatchObject({
        created: 0,
        existed: report.read,
      });
      const text = await twice.table.restore(source.snapshot({ format: 'save' }));
      expect(text.refusals).toEqual([]);
      expect(await twice.table.count()).toBe(report.read);
    } finally {
      source.close();
      into.close();
      twice.close();
    }
  });

  it('restoring reports what the kernel refuses', async () => {
    const { table, close } = await kernelTable();
    try {
      const flows = [
        tcpFlow(1, { labels: [3] }),
        tcpFlow(2, { helper: 'no-such-helper' }),
        tcpFlow(3, { timeout: 60 }),
        {
          family: 'ipv4',
          protocol: 'icmp',
          protonum: 1,
          original: { src: '10.0.0.1', dst: '10.0.0.2', type: 3, code: 0, id: 1 },
          reply: { src: '10.0.0.2', dst: '10.0.0.1', type: 3, code: 0, id: 1 },
          timeout: 60,
        },
      ];
      const report = await table.restore(flows.map(flow => `${JSON.stringify(flow)}\n`));
      expect(report).toMatchObject({ read: 4 });
      expect(report.created + report.refused).toBe(4);
      expect(report.refused).toBeGreaterThanOrEqual(2);
      for (const { reason, examples } of report.refusals) {
        expect(reason).toMatch(/^create failed: /);
        expect(examples.length).toBeGreaterThan(0);
      }
    } finally {
      close();
    }
  });
});

describe('a restore', () => {
  it('a dry run of a restore creates nothing and counts what would be created', async () => {
    const table = await varied();
    const copy = new ConntrackTable(new MemorySource([tcpFlow(1)]));
    const text: string[] = [];
    for await (const part of table.snapshot()) text.push(part);
    const dry = await copy.restore(text, { dryRun: true });
    expect(dry).toMatchObject({ read: 200, created: 0, ready: 200, existed: 0, refused: 0 });
    expect(await copy.count()).toBe(1);
    const again = await table.restore(text, { dryRun: true });
    expect(again).toMatchObject({ read: 200, ready: 0, existed: 200 });
  });

  it('a restore ends at its maximum of flows, and its live report says what was created before', async () => {
    const table = await varied(20);
    const copy = new ConntrackTable(new MemorySource());
    const reports: object[] = [];
    const restoring = copy.restore(table.snapshot(), { maxFlows: 7, live: growing => reports.push(growing) });
    expect((await failing(restoring)).code).toBe('TOO_MANY_AFFECTED');
    expect(reports).toMatchObject([{ read: 7, created: 7 }]);
    expect(await copy.count()).toBe(7);
  });

  it('a restore counts all reasons after the fiftieth together', async () => {
    const source = new MemorySource();
    let n = 0;
    source.create = async () => {
      throw new TableError('INVALID_CHANGE', `reason ${n++}`);
    };
    const flows = Array.from({ length: 80 }, (_, i) => `${JSON.stringify(tcpFlow(i))}\n`);
    const report = await new ConntrackTable(source).restore(flows);
    expect(report).toMatchObject({ read: 80, refused: 80 });
    expect(report.refusals).toHaveLength(50);
    expect(report.refusals.at(-1)).toMatchObject({ reason: 'other reasons', count: 31 });
  });
});
