import { setTimeout as delay } from 'node:timers/promises';
import { FlowIndex } from '@conntrack/client';
import { parseQuery } from '@conntrack/filter';
import type { NewFlow } from '@conntrack/flow';
import { ConntrackTable, MemorySource } from '@conntrack/table';
import { afterEach, describe, expect, test } from 'vitest';
import { tokenFinder } from '../../src/auth/tokens.js';
import { type AppOptions, createApp, hashToken, serve } from '../../src/index.js';
import { EventRecordSchema } from '../../src/schemas/events.js';
import { sample, tcpFlow } from '../flows.js';
import { problem } from '../support.js';
import { type AnyRecord, brief, recordsOf, take, takeUntil } from './support.js';

const flowWith = (mark: number, more: Partial<NewFlow> = {}): NewFlow => ({
  family: 'ipv4',
  protonum: 6,
  original: { src: '192.0.2.10', dst: '198.51.100.7', sport: 1024 + mark, dport: 443 },
  timeout: 600,
  mark,
  ...more,
});

const closings: AbortController[] = [];
afterEach(() => {
  for (const closing of closings.splice(0)) closing.abort();
});

function start(source = new MemorySource(), options: Partial<AppOptions> = {}) {
  const closing = new AbortController();
  closings.push(closing);
  const table = new ConntrackTable(source);
  const app = createApp({
    table,
    auth: { tokens: [], fallback: { name: 'me', scopes: ['flows:read', 'flows:watch', 'stats:read'] } },
    closing: closing.signal,
    ...options,
  });
  const watch = async (query = '', headers: Record<string, string> = {}) => {
    const response = await app.request(`/conntrack/events?${query}`, { headers });
    expect(response.status).toBe(200);
    return recordsOf(response);
  };
  const make = async (...marks: number[]): Promise<void> => {
    for (const mark of marks) await table.create(flowWith(mark));
  };
  return { table, source, app, watch, make, closing };
}

const seqOf = ({ position }: AnyRecord): number => Number(position.split('-')[1]);

describe('event records', () => {
  test('records report each event with its position, and match the schema', async () => {
    const { table, watch } = start();
    const records = await watch();
    const [begin] = await take(records, 1);
    expect(begin).toMatchObject({ type: 'bookmark', position: expect.stringMatching(/^[0-9a-f]{10}-1$/) });
    const { key } = await table.create(flowWith(1));
    await table.update(key!, { mark: 2 });
    await table.delete(key!);
    const told = await take(records, 3);
    expect(told.map(brief)).toEqual(['new mark 1', 'update mark 2', 'destroy mark 2']);
    expect(told.map(seqOf)).toEqual([2, 3, 4]);
    for (const record of [begin, ...told]) expect(EventRecordSchema.safeParse(record).error).toBeUndefined();
    await records.return(undefined);
  });

  test('records are sent as Server-Sent Events with their id', async () => {
    const { app, make } = start();
    const response = await app.request('/conntrack/events?types=new', { headers: { accept: 'text/event-stream' } });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    await make(1);
    let text = '';
    const reader = response
      .body!.pipeThrough(new TextDecoderStream() as never)
      .getReader() as ReadableStreamDefaultReader<string>;
    while (!text.includes('event: new')) text += (await reader.read()).value;
    await reader.cancel();
    const [first, second] = text.split('\n\n').map(event => event.split('\n'));
    expect(first).toEqual([
      expect.stringMatching(/^id: [0-9a-f]{10}-1$/),
      'event: bookmark',
      expect.stringMatching(/^data: \{"type":"bookmark"/),
    ]);
    expect(second).toEqual([
      expect.stringMatching(/^id: [0-9a-f]{10}-2$/),
      'event: new',
      expect.stringMatching(/^data: \{.*\}$/),
    ]);
  });

  test('a stream has only records of the requested types and filter; the filter can test the event', async () => {
    const { table, watch, make } = start();
    const all = await Promise.all(
      ['types=destroy', 'mark=2', 'filter=event == new and mark >= 2', 'types=new,update&proto=tcp'].map(query =>
        watch(query.replaceAll(' ', '%20')),
      ),
    );
    for (const records of all) await take(records, 1);
    await make(1, 2, 3);
    await table.flush({ all: true });
    const counts = [3, 2, 2, 3];
    const told = await Promise.all(all.map((records, i) => take(records, counts[i]!)));
    expect(told.map(records => records.map(brief))).toEqual([
      ['destroy mark 1', 'destroy mark 2', 'destroy mark 3'],
      ['new mark 2', 'destroy mark 2'],
      ['new mark 2', 'new mark 3'],
      ['new mark 1', 'new mark 2', 'new mark 3'],
    ]);
    for (const records of all) await records.return(undefined);
  });

  test('a stream has bookmarks, and ends with bye when the server stops', async () => {
    const { watch, make, closing } = start(undefined, { eventLimits: { heartbeat: 30 } });
    const records = await watch('mark=7');
    await take(records, 1);
    await make(1);
    const [beat] = await takeUntil(records, record => seqOf(record) === 2).then(all => all.slice(-1));
    expect(beat!.type).toBe('bookmark');
    closing.abort();
    const last = await takeUntil(records, ({ type }) => type === 'bye');
    expect(last.at(-1)).toMatchObject({ reason: 'shutdown', position: beat!.position });
    expect(await records.next()).toMatchObject({ done: true });
  });

  test.each([
    ['has expired', { expires: new Date(1000) }, 2000],
    ['was removed in a reload', undefined, 0],
    ['was limited to other flows in a reload', { filter: parseQuery('mark=1').filter }, 0],
  ])("a stream ends with bye when its reader's access ends: the token %s", async (_, later, then) => {
    let now = 0;
    const token = { name: 'me', sha256: hashToken('ct_x'), scopes: ['flows:watch'] as const, expires: new Date(1000) };
    const finders = [tokenFinder([token], () => now), tokenFinder(later ? [{ ...token, ...later }] : [], () => now)];
    let reloaded = 0;
    const { watch, make } = start(undefined, {
      eventLimits: { heartbeat: 20 },
      auth: { tokens: text => finders[reloaded]!(text) },
    });
    const records = await watch('', { authorization: 'Bearer ct_x' });
    await make(1);
    await takeUntil(records, ({ type }) => type === 'new');
    // While the access lasts, the stream continues.
    await takeUntil(records, ({ type }) => type === 'bookmark');
    reloaded = 1;
    now = then;
    expect((await takeUntil(records, ({ type }) => type === 'bye')).at(-1)).toMatchObject({ reason: 'access-ended' });
    expect(await records.next()).toMatchObject({ done: true });
  });

  test("a stream ends with bye when the table's events end", async () => {
    const { watch, table } = start();
    const records = await watch();
    await take(records, 1);
    table.close();
    expect((await take(records, 1))[0]).toMatchObject({ type: 'bye', reason: 'source-ended' });
  });
});

describe('resuming', () => {
  test('a resumed stream misses and repeats nothing, with since and with Last-Event-ID', async () => {
    const { watch, make } = start();
    const records = await watch();
    await take(records, 1);
    await make(1, 2, 3, 4);
    const told = await take(records, 4);
    await records.return(undefined);
    await make(5);
    const since = await watch(`since=${told[1]!.position}&sport.not=1028`);
    expect((await take(since, 3)).map(brief)).toEqual(['bookmark', 'new mark 3', 'new mark 5']);
    await since.return(undefined);
    // The browser's position is newer than the one in the URL.
    const again = await watch(`since=${told[1]!.position}`, { 'last-event-id': told[3]!.position });
    expect((await take(again, 2)).map(brief)).toEqual(['bookmark', 'new mark 5']);
    await again.return(undefined);
  });

  test('the position of a list is from before its rows, so list and watch miss nothing', async () => {
    const { app, watch, make } = start();
    const { meta } = (await (await app.request('/conntrack?position=true')).json()) as {
      meta: { position: string };
    };
    await make(1);
    const records = await watch(`since=${meta.position}`);
    expect((await take(records, 2)).map(brief)).toEqual(['bookmark', 'new mark 1']);
    await records.return(undefined);
  });

  test('a list starts listening only if it requests a position', async () => {
    const { app } = start();
    const listening = async (): Promise<boolean> =>
      /^conntrack_events_listening 1$/m.test(await (await app.request('/metrics')).text());
    const metaOf = async (query: string): Promise<{ position?: string }> =>
      ((await (await app.request(`/conntrack?${query}`)).json()) as { meta: { position?: string } }).meta;
    expect(await metaOf('')).not.toHaveProperty('position');
    expect(await listening()).toBe(false);
    expect(await metaOf('position=true')).toHaveProperty('position');
    expect(await listening()).toBe(true);
    // Now a position is free, except for filters that need a read of the table.
    expect(await metaOf('proto=tcp')).toHaveProperty('position');
    expect(await metaOf('mark=1')).not.toHaveProperty('position');
    expect(await metaOf('position=false')).not.toHaveProperty('position');
  });

  test("a watch from the position of a list reports flows that stopped matching the list's filter", async () => {
    const { app, watch, make, table } = start();
    await make(1, 2);
    const { meta } = (await (await app.request('/conntrack?mark=1&position=true')).json()) as {
      meta: { position: string };
    };
    const [one] = (await table.page({ filter: parseQuery('mark=1').filter, limit: 1 })).items;
    await table.update(one!.key!, { mark: 7 });
    const records = await watch(`since=${meta.position}&mark=1`);
    expect((await take(records, 2))[1]).toMatchObject({
      type: 'destroy',
      reason: 'unmatched',
      flow: { key: one!.key },
    });
    await records.return(undefined);
    // With another filter it is unknown which flows the reader has.
    await problem(await app.request(`/conntrack/events?since=${meta.position}&mark=2`), 'position-gone');
  });

  test('a position that is no longer in the ring is answered with 410, or with gap, resync and snapshot', async () => {
    const { app, watch, make } = start(undefined, { eventLimits: { ring: 2000 } });
    const records = await watch();
    const [begin] = await take(records, 1);
    for (let n = 1; n <= 12; n++) {
      await make(n);
      await take(records, 1);
    }
    await problem(await app.request(`/conntrack/events?since=${begin!.position}`), 'position-gone');
    await problem(await app.request('/conntrack/events?since=0123456789-1'), 'position-gone');
    const fresh = await watch(`since=${begin!.position}&initial=true`);
    const told = await takeUntil(fresh, ({ synced }) => synced === true);
    expect(told.slice(0, 2)).toMatchObject([
      { type: 'gap', where: 'ring', count: 12 },
      { type: 'resync', reason: 'ring', snapshot: true },
    ]);
    expect(told.slice(2, -1).map(brief)).toEqual(Array.from({ length: 12 }, (_, n) => `snapshot mark ${n + 1}`));
    expect(new Set(told.slice(0, -1).map(seqOf))).toEqual(new Set([0]));
    // A position that does not allow to resume is not accepted.
    await problem(await app.request(`/conntrack/events?since=${told[0]!.position}`), 'position-gone');
    await make(13);
    expect((await take(fresh, 1)).map(brief)).toEqual(['new mark 13']);
    await Promise.all([records.return(undefined), fresh.return(undefined)]);
  });

  test('an invalid position is rejected', async () => {
    const { app } = start();
    await problem(await app.request('/conntrack/events?since=yesterday'), 'parameter-invalid');
    const headers = { 'last-event-id': '12' };
    await problem(await app.request('/conntrack/events', { headers }), 'parameter-invalid');
    await problem(await app.request('/conntrack/events?types=born'), 'parameter-invalid');
    await problem(await app.request('/conntrack/events?initial=true&event=new'), 'filter-invalid');
    await problem(await app.request('/conntrack/events', { headers: { accept: 'text/csv' } }), 'not-acceptable');
  });

  test('after a time without watchers the server stops listening, and old positions are no longer available', async () => {
    const { app, watch } = start(undefined, { eventLimits: { linger: 20 } });
    const records = await watch();
    const [begin] = await take(records, 1);
    await delay(60);
    // Somebody listens, so the server continues.
    const other = await watch(`since=${begin!.position}`);
    await take(other, 1);
    await Promise.all([records.return(undefined), other.return(undefined)]);
    const since = `/conntrack/events?since=${begin!.position}`;
    // Each attempt starts to listen again, so the linger time has to pass between two attempts.
    const ask = async (): Promise<number> => {
      const response = await app.request(since);
      await response.body?.cancel();
      return response.status;
    };
    await expect.poll(ask, { interval: 100 }).toBe(410);
    await problem(await app.request(since), 'position-gone');
  });
});

describe('an index of the table', () => {
  test('an index is complete after synced, and follows the events', async () => {
    const { table, watch, make } = start(new MemorySource(sample()));
    const records = await watch('initial=true');
    const index = new FlowIndex();
    const feed = async (until: (record: AnyRecord) => boolean): Promise<void> => {
      for (const record of await takeUntil(records, until)) index.apply(record as never);
    };
    await feed(({ synced }) => synced === true);
    expect(index.synced).toBe(true);
    expect(index.flows.size).toBe(12);
    await make(50);
    const [gone] = index.flows.keys();
    await table.delete(gone!);
    await feed(({ type }) => type === 'destroy');
    const keys = new Set<string>();
    for await (const { key } of table.list()) keys.add(key!);
    expect(new Set(index.flows.keys())).toEqual(keys);
    await records.return(undefined);
  });

  test('an event during a snapshot is newer than the row, and flows without a record are gone after synced', () => {
    const index = new FlowIndex();
    const position = '0123456789-0';
    const flow = (n: number, mark: number) => ({ ...tcpFlow(n), key: `k${n}`, mark });
    const apply = (...records: AnyRecord[]): boolean => records.map(record => index.apply(record as never)).at(-1)!;
    const synced = { type: 'bookmark', position, synced: true } as const;
    expect(
      apply(
        { type: 'resync', position },
        { type: 'snapshot', position, flow: flow(1, 1) },
        { type: 'snapshot', position, flow: flow(2, 1) },
        synced,
      ),
    ).toBe(true);
    expect(apply({ type: 'gap', position, count: null })).toBe(false);
    apply(
      { type: 'resync', position },
      { type: 'destroy', position, flow: flow(3, 1) },
      { type: 'update', position, flow: flow(2, 9) },
      { type: 'snapshot', position, flow: flow(3, 1) },
      { type: 'snapshot', position, flow: flow(2, 1) },
      { type: 'new', position, flow: flow(4, 4) },
      synced,
    );
    expect([...index.flows].map(([key, { mark }]) => [key, mark])).toEqual([
      ['k2', 9],
      ['k4', 4],
    ]);
  });
});

test('a token with a filter sees no other flows in events and snapshots', async () => {
  const source = new MemorySource(sample());
  const table = new ConntrackTable(source);
  const { filter } = parseQuery('src=192.0.2.10,10.0.0.3');
  const tokens = [{ name: 'tenant', sha256: hashToken('tenant'), scopes: ['flows:watch'] as const, filter }];
  await using server = await serve({ table, listen: '127.0.0.1:0', tokens, grace: 100 });
  const headers = { authorization: 'Bearer tenant' };
  const records = recordsOf(await fetch(`${server.url}/conntrack/events?initial=true`, { headers }));
  const told = await takeUntil(records, ({ synced }) => synced === true);
  expect(told.map(({ type }) => type)).toEqual(['resync', 'snapshot', 'bookmark']);
  await table.create(flowWith(1, { original: { src: '192.0.2.11', dst: '192.0.2.1', sport: 1, dport: 1 } }));
  await table.create(flowWith(2));
  expect((await take(records, 1)).map(brief)).toEqual(['new mark 2']);
  await records.return(undefined);
});
