import type { Flow } from '@conntrack/flow';
import { Namespace } from '@conntrack/lab';
import { Conntrack, type NewExpectation } from '@conntrack/netlink';
import { ConntrackTable, KernelSource } from '@conntrack/table';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { noKernel } from '../../table/test/namespace.js';
import { body, problem, type TestApp, testApp } from './support.js';

/** Why no namespace can be created here. `undefined` if it can. */
/** Reads a stream until the text matches, then closes it. */
async function read(response: Response, until: RegExp): Promise<string> {
  const reader = response.body!.getReader();
  const decoder = new TextDecoder();
  let text = '';
  while (!until.test(text)) {
    const { value, done } = await reader.read();
    if (done) break;
    text += decoder.decode(value);
  }
  await reader.cancel();
  return text;
}

const flow = (sport: number, protocol = 'tcp') => ({
  protocol,
  original: { src: '10.0.0.1', dst: '10.0.0.2', sport, dport: 443 },
  timeout: 600,
  ...(protocol === 'tcp' && { state: 'ESTABLISHED', status: ['ASSURED', 'SEEN_REPLY'] }),
});

describe.skipIf(noKernel !== undefined)(`over the kernel's table (${noKernel ?? 'real'})`, () => {
  const made: { namespace: Namespace; table: ConntrackTable }[] = [];
  let app: TestApp;

  beforeAll(async () => {
    for (let i = 0; i < 2; i++) {
      const namespace = Namespace.create();
      made.push({ namespace, table: new ConntrackTable(await KernelSource.open({ netns: namespace.fd })) });
    }
    app = testApp({ table: made[0]!.table, netns: name => (name === 'blue' ? made[1]!.table : undefined) });
  });
  afterAll(() => {
    for (const { namespace, table } of made) {
      table.close();
      namespace.close();
    }
  });

  const count = async (base = ''): Promise<number> =>
    (await app.json<{ count: number }>(`${base}/conntrack/count?proto=tcp,udp`)).count;

  test('a plan changes the flows that it found, and no flow that was created later', async () => {
    const keys: string[] = [];
    for (const sport of [1, 2, 3]) keys.push((await app.json<Flow>('/conntrack', body(flow(sport)))).key!);
    await app.json('/conntrack', body(flow(9, 'udp')));
    const plan = await app.json<{ execute: string }>(
      '/conntrack/plans',
      body({ filters: ['proto == tcp and dport == 443', 'proto == udp'], change: 'delete', expect: 4 }),
    );
    expect(plan).toMatchObject({ count: 4, breakdown: { 'tcp ESTABLISHED': 3, udp: 1 } });
    await app.request(`/conntrack/${keys[0]}`, { method: 'DELETE' });
    await app.json('/conntrack', body(flow(4)));
    const result = await app.json<{ warnings: string[] }>(plan.execute, { method: 'POST' });
    expect(result).toMatchObject({ matched: 4, deleted: 3, gone: 1, failed: 0 });
    expect(result.warnings.join()).toContain('nf_conntrack_tcp_loose');
    expect(await count()).toBe(1);
  });

  test('without loose tracking, a delete has no warning', async () => {
    made[0]!.namespace.sysctl('net.netfilter.nf_conntrack_tcp_loose', 0);
    expect(await app.json('/capabilities')).toMatchObject({ tcpLoose: false });
    await app.json('/conntrack', body(flow(20)));
    expect(await app.json('/conntrack?proto=tcp&sport=20', { method: 'DELETE' })).toMatchObject({
      deleted: 1,
      warnings: [],
    });
  });

  test('network namespaces are separate, and a flow that was created in one is found there', async () => {
    const before = await count();
    const { key } = await app.json<Flow>('/netns/blue/conntrack', body(flow(30)));
    expect(await count()).toBe(before);
    expect(await count('/netns/blue')).toBe(1);
    expect(await app.json(`/netns/blue/conntrack/${key}`)).toMatchObject({ key });
    await problem(await app.request(`/conntrack/${key}`), 'not-found');
  });

  test('the doctor lists settings that limit the table, with a fix', async () => {
    const { findings } = await app.json<{ findings: { check: string; status: string; fix?: string }[] }>(
      '/doctor?interval=0',
    );
    expect(findings.find(({ check }) => check === 'accounting')).toMatchObject({
      status: 'note',
      fix: expect.stringContaining('nf_conntrack_acct=1'),
    });
  });

  test("statistics and metrics have the kernel's counters", async () => {
    const stats = await app.json<{ cpus: object[]; total: Record<string, number> }>('/stats');
    expect(stats.cpus.length).toBeGreaterThan(0);
    expect(stats.total).toHaveProperty('insertFailed');
    const text = await (await app.request('/metrics')).text();
    for (const name of ['entries', 'entries_limit', 'stat_drop', 'stat_early_drop', 'stat_insert_failed', 'stat_found'])
      expect(text).toMatch(new RegExp(`^node_nf_conntrack_${name} \\d+$`, 'm'));
    expect(text).toMatch(/^conntrack_up 1$/m);
  });

  test("top groups, a search and expectations work on the kernel's table", async () => {
    await app.json('/conntrack', body(flow(40)));
    expect(await app.json('/conntrack/top?by=dport&proto=tcp')).toMatchObject({ items: [{ group: '443' }] });
    const { items } = await app.json<{ items: Flow[] }>('/conntrack/search', body({ filter: 'sport in {40, 41}' }));
    expect(items).toHaveLength(1);
    expect(await app.json('/expectations')).toMatchObject({ items: [], meta: { scanned: 0 } });
    expect(await app.json('/expectations/flush', body({ confirm: 'flush' }))).toEqual({ flushed: { all: true } });
  });

  test('expectation events are sent in both formats', async context => {
    const conntrack = Conntrack.open({ netns: made[0]!.namespace.fd });
    try {
      const streams = await Promise.all(
        ['ndjson', 'sse'].map(format => app.request(`/expectations/events?format=${format}&types=new,destroy`)),
      );
      const master = { src: '10.9.0.1', dst: '10.9.0.2', sport: 1000, dport: 21 };
      try {
        await conntrack.create({ family: 'ipv4', protonum: 6, original: master, helper: 'ftp', timeout: 60 });
      } catch (error) {
        context.skip(`this kernel has no FTP helper: ${(error as Error).message}`);
      }
      const mask = { src: '255.255.255.255', dst: '255.255.255.255', sport: 0, dport: 65535 };
      const tuple = { src: '10.9.0.2', dst: '10.9.0.1', sport: 0, dport: 4000 };
      const expectation = { family: 'ipv4', protonum: 6, tuple, mask, master, class: 0, timeout: 100, helper: 'ftp' };
      await conntrack.expectations.create(expectation as NewExpectation);
      const { items } = await app.json<{ items: { key: string }[] }>('/expectations?helper=ftp&dport=4000');
      expect((await app.request(`/expectations/${items[0]!.key}`, { method: 'DELETE' })).status).toBe(204);
      const [ndjson, sse] = await Promise.all(streams.map(stream => read(stream, /destroy[\s\S]*\n/)));
      expect(
        ndjson!
          .trim()
          .split('\n')
          .map(line => JSON.parse(line) as object),
      ).toMatchObject([
        { type: 'new', expectation: { key: items[0]!.key, helper: 'ftp', tuple: { dport: 4000 } } },
        { type: 'destroy', expectation: { tuple: { dport: 4000 } } },
      ]);
      expect(sse).toMatch(/^:\n\nevent: new\ndata: \{.*\}\n\nevent: destroy\ndata: /);
    } finally {
      conntrack.close();
    }
  });

  test.each([
    [7, [2, 3, 4]],
    [8, [5]],
    [0, [1]],
    [9, []],
  ])('zone %i means the same for list, count, delete and flush', async (zone, ports) => {
    using namespace = Namespace.create();
    const table = new ConntrackTable(await KernelSource.open({ netns: namespace.fd }));
    const conntrack = Conntrack.open({ netns: namespace.fd });
    try {
      const zoned = testApp({ table });
      const ends = (sport: number) => ({ src: '10.0.0.1', dst: '10.0.0.2', sport, dport: 53 });
      const fill = async (): Promise<void> => {
        for (const [sport, more] of [
          {},
          { zone: 7 },
          { original: { ...ends(3), zone: 7 } },
          { reply: { src: '10.0.0.2', dst: '10.0.0.1', sport: 53, dport: 4, zone: 7 } },
          { zone: 8 },
        ].entries())
          await conntrack.create({ family: 'ipv4', protonum: 17, original: ends(sport + 1), timeout: 600, ...more });
      };
      const listed = async (query = ''): Promise<number[]> => {
        const { items } = await zoned.json<{ items: Flow[] }>(`/conntrack?${query}`);
        return items.map(({ original }) => original.sport!).sort();
      };
      const rest = [1, 2, 3, 4, 5].filter(port => !ports.includes(port));
      await fill();
      expect(await listed(`zone=${zone}`)).toEqual(ports);
      expect(await zoned.json(`/conntrack/count?zone=${zone}`)).toMatchObject({ count: ports.length });
      const gone = await zoned.json(`/conntrack?zone=${zone}`, { method: 'DELETE' });
      expect(gone).toMatchObject({ matched: ports.length, deleted: ports.length });
      expect(await listed()).toEqual(rest);
      await conntrack.flush({ all: true });
      await fill();
      await zoned.json('/conntrack/flush', body({ confirm: 'flush', zone }));
      expect(await listed()).toEqual(rest);
    } finally {
      conntrack.close();
      table.close();
    }
  });

  test('a filter on a field that is not recorded is rejected, with the sysctl', async () => {
    for (const target of ['/conntrack?bytes.gte=1', '/conntrack/top?by=src&metric=bytes'])
      expect(await problem(await app.request(target), 'field-unavailable')).toMatchObject({
        sysctl: 'net.netfilter.nf_conntrack_acct',
      });
  });
});
