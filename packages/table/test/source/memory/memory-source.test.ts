import type { NewFlow } from '@conntrack/flow';
import { describe, expect, it } from 'vitest';
import { ConntrackTable, MemorySource } from '../../../src/index.js';
import { all, failing, filter, tcpFlow } from '../../flows.js';

const open = (count = 10, options = {}) =>
  new ConntrackTable(new MemorySource(Array.from({ length: count }, (_, i) => tcpFlow(i + 1))), options);
const fresh: NewFlow = {
  family: 'ipv4',
  protonum: 17,
  original: { src: '10.1.1.1', dst: '192.0.2.53', sport: 5353, dport: 53 },
  timeout: 30,
};

describe('lists', () => {
  it('a list matches by its filter', async () => {
    const found = await all(open().list({ filter: filter('proto=tcp&state=ESTABLISHED') }));
    expect(found.map(flow => flow.mark)).toEqual([1, 3, 5, 7, 9]);
  });
  it('a list stops at its limit', async () => {
    expect(await all(open().list({ limit: 3 }))).toHaveLength(3);
    expect(await all(open().list({ limit: 0 }))).toHaveLength(0);
  });
  it('a list is sorted with a heap', async () => {
    const found = await all(open(50).list({ sort: [{ field: 'bytes', descending: true }], limit: 3 }));
    expect(found.map(flow => flow.mark)).toEqual([50, 49, 48]);
  });
  it('pages contain every flow once, ties included', async () => {
    const table = open(25);
    const marks: number[] = [];
    let cursor: string | undefined;
    let pages = 0;
    do {
      const page = await table.page({ limit: 4, sort: [{ field: 'state' }], ...(cursor && { cursor }) });
      expect(page.matched).toBe(25);
      marks.push(...page.items.map(flow => flow.mark!));
      cursor = page.next ?? undefined;
      pages++;
    } while (cursor);
    expect(pages).toBe(7);
    expect([...marks].sort((one, other) => one - other)).toEqual(Array.from({ length: 25 }, (_, i) => i + 1));
  });
  it('a list sorted by a field that changes all the time has one page, and counts the entries after it', async () => {
    const started = (_: unknown, i: number) => tcpFlow(i + 1, { start: `2026-01-02T03:04:${10 + i}.000000000Z` });
    const table = new ConntrackTable(new MemorySource(Array.from({ length: 25 }, started)));
    const { next } = await table.page({ limit: 4 });
    for (const field of ['bytes', 'packets', 'orig.bytes', 'reply.packets', 'timeout', 'use']) {
      const sort = [{ field }];
      expect(await table.page({ limit: 4, sort })).toMatchObject({ next: null, more: 21, matched: 25 });
      expect((await failing(table.page({ limit: 4, sort, cursor: next! }))).code).toBe('CURSOR_INVALID');
    }
    expect(await table.page({ limit: 25, sort: [{ field: 'start' }] })).toMatchObject({ next: null, more: 0 });
    expect(await table.page({ limit: 24, sort: [{ field: 'start' }] })).toMatchObject({
      next: expect.any(String),
      more: 1,
    });
  });
  it('a list refuses the cursor of another list, and other text', async () => {
    const table = open();
    const { next } = await table.page({ limit: 2 });
    expect((await failing(table.page({ limit: 2, cursor: next!, filter: filter('mark=1') }))).code).toBe(
      'CURSOR_INVALID',
    );
    expect((await failing(table.page({ limit: 2, cursor: 'nonsense' }))).code).toBe('CURSOR_INVALID');
  });
  it('a list ends when its signal is aborted', async () => {
    const controller = new AbortController();
    controller.abort();
    await expect(all(open(5000).list({ signal: controller.signal }))).rejects.toThrow(/abort/i);
  });
});

describe('single flows', () => {
  it('a single flow is created, found by key and by either tuple, changed and deleted', async () => {
    const table = open(0);
    const made = await table.create(fresh);
    expect(made).toMatchObject({
      protocol: 'udp',
      timeout: 30,
      reply: { src: '192.0.2.53', dst: '10.1.1.1', sport: 53, dport: 5353 },
    });
    expect(await table.get(made.key!)).toEqual(made);
    expect(await table.lookup({ family: 'ipv4', protonum: 17, original: made.reply })).toEqual(made);
    expect((await table.update(made.key!, { mark: 5, timeout: 60 })).mark).toBe(5);
    expect((await table.update(made.key!, { mark: 0x10, markMask: 0xf0 })).mark).toBe(0x15);
    await table.delete(made.key!);
    expect((await failing(table.get(made.key!))).code).toBe('FLOW_NOT_FOUND');
    expect(await table.count()).toBe(0);
  });
  it('a flow exists only once', async () => {
    const table = open(0);
    const made = await table.create(fresh);
    const error = await failing(table.create(fresh));
    expect(error.code).toBe('FLOW_EXISTS');
    expect(error.details.flow?.key).toBe(made.key);
    const sameReply: NewFlow = {
      ...fresh,
      original: { ...fresh.original, sport: 1 },
      reply: { src: '192.0.2.53', dst: '10.1.1.1', sport: 53, dport: 5353 },
    };
    expect((await failing(table.create(sameReply))).code).toBe('FLOW_EXISTS');
  });
  it('a change never hits the successor of its flow', async () => {
    const table = open(0);
    const first = await table.create(fresh);
    await table.delete(first.key!);
    const second = await table.create(fresh);
    for (const attempt of [table.get(first.key!), table.delete(first.key!), table.update(first.key!, { mark: 1 })])
      expect((await failing(attempt)).code).toBe('FLOW_REPLACED');
    expect(await table.get(second.key!)).toEqual(second);
  });
  it('changes follow the kernel’s rules', async () => {
    const table = open(0);
    const { key } = await table.create({ ...fresh, status: ['FIXED_TIMEOUT', 'ASSURED'] });
    expect((await failing(table.update(key!, { timeout: 1 }))).code).toBe('FLOW_BUSY');
    expect((await failing(table.update(key!, { status: ['DYING'] }))).code).toBe('FLOW_BUSY');
    expect((await table.update(key!, { status: ['SEEN_REPLY'] })).status).toEqual(
      expect.arrayContaining(['ASSURED', 'SEEN_REPLY']),
    );
    expect((await failing(table.update(key!, { state: 'ESTABLISHED' }))).code).toBe('INVALID_CHANGE');
  });
  it('equal tuples in different zones are different flows', async () => {
    const table = open(0);
    await table.create({ ...fresh, zone: 1 });
    await table.create({ ...fresh, zone: 2 });
    expect(await table.count()).toBe(2);
    const { zone: _, ...rest } = { ...fresh, zone: 2 };
    expect((await table.lookup({ ...rest, zone: 2 }))?.zone).toBe(2);
    expect(await table.lookup(rest)).toBeUndefined();
  });
  it('timeouts run down by the given clock', async () => {
    let now = 0;
    const table = new ConntrackTable(new MemorySource([], { clock: () => now }));
    const { key } = await table.create(fresh);
    now = 10_500;
    expect((await table.get(key!)).timeout).toBe(19);
    now = 31_000;
    expect(await table.count()).toBe(0);
    expect((await failing(table.get(key!))).code).toBe('FLOW_NOT_FOUND');
  });
  it('a table in memory can be full', async () => {
    const table = new ConntrackTable(new MemorySource([tcpFlow(1)], { max: 1 }));
    expect((await failing(table.create(fresh))).code).toBe('NO_ROOM');
  });
});

describe('changes of many flows', () => {
  it('a bulk change needs a filter', async () => {
    const table = open();
    expect((await failing(table.deleteMany({ kind: 'all' }))).code).toBe('FILTER_REQUIRED');
    expect((await failing(table.updateMany({ kind: 'all' }, { mark: 1 }))).code).toBe('FILTER_REQUIRED');
    expect(await table.count()).toBe(10);
  });
  it('a bulk delete deletes what matches, and nothing else', async () => {
    const table = open();
    expect(await table.deleteMany(filter('state=TIME_WAIT'))).toMatchObject({
      matched: 5,
      changed: 5,
      gone: 0,
      failed: 0,
      skipped: 0,
      breakdown: { 'tcp TIME_WAIT': 5 },
    });
    expect(await table.count({ filter: filter('state=ESTABLISHED') })).toBe(5);
    expect(await table.count()).toBe(5);
  });
  it('a bulk change changes nothing if too many flows match, or not the expected number', async () => {
    const table = open();
    const many = await failing(table.deleteMany(filter('proto=tcp'), { maxAffected: 9 }));
    expect(many).toMatchObject({ code: 'TOO_MANY_AFFECTED', details: { matched: 10 } });
    expect((await failing(table.updateMany(filter('proto=tcp'), { mark: 9 }, { expect: 9 }))).code).toBe(
      'EXPECT_MISMATCH',
    );
    expect(await table.count({ filter: filter('mark=9') })).toBe(1);
    expect(await table.deleteMany(filter('proto=tcp'), { maxAffected: 10, expect: 10 })).toMatchObject({ changed: 10 });
  });
  it('a bulk change can be tried with a dry run', async () => {
    const table = open(200);
    const look = await table.deleteMany(filter('proto=tcp'), { dryRun: true, maxAffected: 5 });
    expect(look).toMatchObject({ dryRun: true, matched: 200, changed: 0 });
    expect(look.sample).toHaveLength(100);
    expect(await table.count()).toBe(200);
  });
  it('a bulk change skips protected flows', async () => {
    const table = open(10, { protect: filter('mark=1,2') });
    expect(await table.deleteMany(filter('proto=tcp'))).toMatchObject({ matched: 10, changed: 8, skipped: 2 });
    const [kept] = await all(table.list());
    expect((await failing(table.delete(kept!.key!))).code).toBe('PROTECTED');
    expect((await failing(table.update(kept!.key!, { mark: 3 }))).code).toBe('PROTECTED');
  });
  it('a bulk update changes the matching flows', async () => {
    const table = open();
    expect(await table.updateMany(filter('mark=1-5'), { mark: 0x100, markMask: 0xff00 })).toMatchObject({ changed: 5 });
    expect(await table.count({ filter: filter('mark=0x100/0xff00') })).toBe(5);
  });
});

describe('flush', () => {
  it('a flush deletes the entries in its scope', async () => {
    const table = open();
    await table.create({
      ...fresh,
      family: 'ipv6',
      original: { src: '2001:db8::1', dst: '2001:db8::2', sport: 1, dport: 2 },
    });
    await table.flush({ family: 'ipv6' });
    expect(await table.count()).toBe(10);
    await table.flush({ all: true });
    expect(await table.count()).toBe(0);
  });
});
