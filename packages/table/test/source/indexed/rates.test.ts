// Fields that only an index has: rates and when an entry was first seen.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createNatLab, type NatLab } from '@conntrack/lab';
import { Conntrack } from '@conntrack/netlink';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import {
  CaptureSource,
  ConntrackTable,
  type IndexOptions,
  MemorySource,
  openTable,
  type Table,
} from '../../../src/index.js';
import { all, failing, filter, tcpFlow } from '../../flows.js';
import { noKernel } from '../../namespace.js';
import { type Indexed, openIndexed, udp } from './indexed.js';

const RATE = filter('rate>=1');

/** Every way to ask a table about rates. */
const QUESTIONS: Readonly<Record<string, (table: Table, more?: { fresh?: boolean }) => Promise<unknown>>> = {
  'a list by a filter': (table, more) => all(table.list({ filter: RATE, ...more })),
  'a list in an order': (table, more) => all(table.list({ sort: [{ field: 'rate' }], limit: 1, ...more })),
  'a list whose reader reads it': (table, more) => all(table.list({ reads: ['reply.rate'], ...more })),
  'a page': (table, more) => table.page({ sort: [{ field: 'orig.rate', descending: true }], limit: 1, ...more }),
  'a window': (table, more) => table.page({ sort: [{ field: 'rate' }], offset: 0, limit: 1, ...more }),
  'a count': (table, more) => table.count({ filter: RATE, ...more }),
  counts: (table, more) => table.counts({ fast: RATE }, more),
  'a ranking': (table, more) => table.top({ by: 'src', metric: 'rate', ...more }),
  'an overview with a ranking': (table, more) =>
    table.overview({ limit: 0, groups: [{ by: 'src', metric: 'rate' }], ...more }),
  'an overview with a count': (table, more) => table.overview({ limit: 0, counts: { fast: RATE }, ...more }),
};

describe.each(Object.entries(QUESTIONS))('%s that needs rates', (_, ask) => {
  test('is refused by a table without an index, with what to do', async () => {
    const table = new ConntrackTable(new MemorySource([tcpFlow(1)]));
    expect(await failing(ask(table))).toMatchObject({
      code: 'FIELD_UNAVAILABLE',
      message: expect.stringMatching(/rate is measured by an index, and is not available without an index\. .*--index/),
    });
  });
});

test('a table of flows that an index listed has their rates', async () => {
  const measured = tcpFlow(1, { rate: { original: 5_000_000, reply: 10 }, firstSeen: '2026-11-30T12:00:00Z' });
  const table = new ConntrackTable(new MemorySource([measured, tcpFlow(2)]));
  expect(await table.count({ filter: filter('rate>1M') })).toBe(1);
  expect(await table.count({ filter: filter('first-seen<2026-12-01') })).toBe(1);
  expect((await table.top({ by: 'src', metric: 'rate' })).total).toBe(5_000_010);
  expect(await failing(table.count({ filter: filter('start>2026-01-01') }))).toMatchObject({
    code: 'FIELD_UNAVAILABLE',
  });
});

test('a field to read that does not exist is refused', async () => {
  const table = new ConntrackTable(new MemorySource([tcpFlow(1)]));
  const error = await failing(all(table.list({ reads: ['rat'] })));
  expect(error).toMatchObject({ code: 'SORT_INVALID', message: "cannot read 'rat'. Did you mean 'rate'?" });
  expect(await all(table.list({ reads: ['bytes', 'start'] }))).toHaveLength(1);
});

test('flows cannot be protected, and views cannot be limited, by what entries do not have', () => {
  const source = new MemorySource([tcpFlow(1)]);
  expect(() => new ConntrackTable(source, { protect: filter('rate<1M') })).toThrow(
    /^protect: rate is measured by an index/,
  );
  const table = new ConntrackTable(source);
  expect(() => table.view({ filter: filter('first-seen>2026-01-01') })).toThrow(
    /^the filter of the view: first-seen is measured by an index/,
  );
  expect(() => new ConntrackTable(source, { protect: filter('bytes>1M') })).not.toThrow();
});

test('a capture without rates says that no entry has them', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'conntrack-rates-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'flows.ndjson');
  writeFileSync(path, `${JSON.stringify(tcpFlow(1))}\n`);
  const table = new ConntrackTable(new CaptureSource(path));
  expect(await failing(table.count({ filter: RATE }))).toMatchObject({
    code: 'FIELD_UNAVAILABLE',
    message: expect.stringMatching(/; no entry of file:.* has this field$/),
  });
});

describe.skipIf(noKernel !== undefined)(`rates of the kernel's entries (${noKernel ?? 'real'})`, () => {
  const open: { close(): unknown }[] = [];
  afterEach(async () => {
    for (const each of open.splice(0).reverse()) await each.close();
  });

  const becomesLive = (of: Pick<Indexed, 'source'>): Promise<void> =>
    expect.poll(() => of.source.indexState().state).toBe('live') as unknown as Promise<void>;

  async function indexed(accounting: 0 | 1, options: IndexOptions = {}): Promise<Indexed> {
    const of = await openIndexed(options, async (_, namespace) => {
      namespace.sysctl('netfilter.nf_conntrack_acct', accounting);
      namespace.sysctl('netfilter.nf_conntrack_events', 1);
    });
    open.push(of);
    await becomesLive(of);
    return of;
  }

  /** A router with traffic, and a table with an index over its entries. */
  async function routed(options: IndexOptions) {
    const lab: NatLab = await createNatLab();
    open.push({ close: () => lab[Symbol.asyncDispose]() });
    lab.router.sysctl('netfilter.nf_conntrack_acct', 1);
    const table = await openTable('kernel', { netns: lab.router.path, index: options });
    open.push(table);
    const resyncs = async (): Promise<number> => (await table.capabilities()).index!.resyncs;
    await expect.poll(async () => (await table.capabilities()).index!.state).toBe('live');
    return { lab, table, resyncs };
  }

  test('the rates of an answer are those of the traffic between two dumps, and the first answer has them', async () => {
    const { lab, table, resyncs } = await routed({ refreshInterval: 1500 });
    const [busy, idle] = [await lab.traffic.udpExchange({ port: 53 }), await lab.traffic.udpExchange({ port: 54 })];
    await expect.poll(() => table.count({ filter: filter('proto=udp') })).toBe(2);
    const before = await resyncs();
    const began = performance.now();
    const answer = table.page({ filter: filter('proto=udp'), sort: [{ field: 'rate', descending: true }], limit: 5 });
    await expect.poll(resyncs).toBe(before + 1);
    const PAYLOAD = 1000;
    for (let sent = 0; sent < 5; sent++) await busy.send(PAYLOAD);
    const { items } = await answer;
    const passed = (performance.now() - began) / 1000;
    expect(items.map(({ original }) => original.sport)).toEqual([busy, idle].map(({ original }) => original.sport));
    const [one, other] = items;
    // IP and UDP add 28 bytes to each datagram.
    expect(one!.rate!.original).toBeGreaterThanOrEqual(Math.floor((5 * (PAYLOAD + 28)) / passed));
    expect(one!.rate!.original).toBeLessThanOrEqual((5 * (PAYLOAD + 28)) / 0.25);
    expect(one!.rate!.reply).toBeGreaterThan(0);
    expect(other!.rate).toEqual({ original: 0, reply: 0 });
    // The next question finds two dumps that are not far apart.
    const after = await resyncs();
    const { items: groups, total } = await table.top({ by: 'dport', metric: 'rate', filter: filter('rate>0') });
    expect(await resyncs()).toBeLessThanOrEqual(after + 1);
    if ((await resyncs()) === after) expect([groups.length, groups[0]!.group, total > 0]).toEqual([1, '53', true]);
  });

  test('after counters were reset the rate is unknown, never negative, and known again after the next refresh', async () => {
    const { lab, table } = await routed({ refreshInterval: 300 });
    const exchange = await lab.traffic.udpExchange();
    const rate = async () => {
      const [flow] = await all(table.list({ filter: filter('proto=udp'), reads: ['rate'] }));
      return flow!.rate;
    };
    await exchange.send(500);
    await expect.poll(() => table.count({ filter: filter('proto=udp') })).toBe(1);
    expect(await rate()).toEqual({ original: expect.any(Number), reply: expect.any(Number) });
    await using other = Conntrack.open({ netns: lab.router.fd });
    for await (const _ of other.list({ zeroCounters: true }));
    // The counters of a dump shortly after the last one are compared too.
    await expect.poll(rate, { interval: 10 }).toBeUndefined();
    await expect.poll(rate).toEqual({ original: 0, reply: 0 });
  });

  test('without accounting there are no rates, and the error names the sysctl', async () => {
    const of = await indexed(0);
    await of.other.create(udp(1));
    for (const ask of Object.values(QUESTIONS))
      expect(await failing(ask(of.table))).toMatchObject({
        code: 'FIELD_UNAVAILABLE',
        details: { sysctl: 'net.netfilter.nf_conntrack_acct' },
      });
    await expect.poll(() => of.table.count({ filter: filter('first-seen>2020-01-01') })).toBe(1);
  });

  test('every question about rates is refused by the kernel’s table itself, and while the index is off', async () => {
    const of = await indexed(1);
    const kernel = new ConntrackTable(of.kernel);
    for (const ask of Object.values(QUESTIONS)) {
      expect(await failing(ask(of.table, { fresh: true }))).toMatchObject({
        code: 'FIELD_UNAVAILABLE',
        message: expect.stringMatching(/not available from the kernel’s table itself\. Leave out fresh/),
      });
      expect(await failing(ask(kernel))).toMatchObject({ message: expect.stringMatching(/without an index/) });
    }
    const small = await indexed(1, { maxBytes: 20_000 });
    const many = Array.from({ length: 2000 }, (_, i) => udp(i + 1));
    for await (const { outcome } of small.other.createMany(many)) expect(outcome).toBe('done');
    await expect.poll(() => small.source.indexState().state).toBe('off');
    for (const ask of Object.values(QUESTIONS))
      expect(await failing(ask(small.table))).toMatchObject({
        code: 'FIELD_UNAVAILABLE',
        message: expect.stringMatching(/because the index was switched off/),
      });
  });

  test('an index that is switched off while it measures refuses the question instead of answering from the kernel', async () => {
    const of = await indexed(1, { refreshInterval: 60_000 });
    const answer = failing(of.table.count({ filter: filter('rate<1') }));
    const { resyncs } = of.source.indexState();
    await expect.poll(() => of.source.indexState().resyncs).toBeGreaterThan(resyncs);
    of.source.close();
    expect(await answer).toMatchObject({ code: 'FIELD_UNAVAILABLE' });
  });

  test('changes and events do not accept fields that only the index has', async () => {
    const of = await indexed(1);
    for (const query of ['rate<1M', 'proto=udp&reply.rate=0', 'first-seen>2020-01-01']) {
      expect(await failing(of.table.plan(filter(query), 'delete'))).toMatchObject({
        code: 'FIELD_UNAVAILABLE',
        message: expect.stringMatching(
          /cannot select the flows of a change: .* List the flows, and change them by their keys/,
        ),
      });
      expect(await failing(of.table.deleteMany(filter(query)))).toMatchObject({ code: 'FIELD_UNAVAILABLE' });
      expect(await failing(of.table.events({ filter: filter(query) }))).toMatchObject({ code: 'FIELD_UNAVAILABLE' });
    }
  });

  test('first-seen is when the index first saw an entry, and a whole list has it on request', async () => {
    const of = await indexed(1);
    const before = new Date(Math.floor(Date.now() / 1000) * 1000).toISOString();
    await of.other.create(udp(1));
    await expect.poll(() => of.source.indexState().entries).toBe(1);
    const [flow] = await all(of.table.list({ reads: ['first-seen'] }));
    expect(Date.parse(flow!.firstSeen!)).toBeGreaterThanOrEqual(Date.parse(before));
    expect(Date.parse(flow!.firstSeen!)).toBeLessThanOrEqual(Date.now());
    expect((await all(of.table.list()))[0]).not.toHaveProperty('firstSeen');
    expect(await of.table.count({ filter: filter(`first-seen>=${before}`) })).toBe(1);
    expect(await of.table.count({ filter: filter(`first-seen<${before}`) })).toBe(0);
    const { items } = await of.table.page({ sort: [{ field: 'first-seen', descending: true }], limit: 5 });
    expect(items).toMatchObject([{ firstSeen: flow!.firstSeen }]);
  });
});
