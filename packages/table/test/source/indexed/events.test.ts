// Events of a table with an index: one subscription to the kernel serves all.
import type { TableEvent } from '@conntrack/flow/table';
import { afterEach, describe, expect, test } from 'vitest';
import type { IndexOptions, LocalTableEvents } from '../../../src/index.js';
import { failing, filter } from '../../flows.js';
import { noKernel } from '../../namespace.js';
import { type Indexed, openIndexed, udp } from './indexed.js';

describe.skipIf(noKernel !== undefined)(`events of a table with an index (${noKernel ?? 'real kernel'})`, () => {
  const open: Indexed[] = [];
  afterEach(() => {
    for (const each of open.splice(0)) each.close();
  });

  async function indexed(options: IndexOptions = {}): Promise<Indexed & { subscriptions: () => number }> {
    const of = await openIndexed(options, async (_, namespace) => namespace.sysctl('netfilter.nf_conntrack_events', 1));
    open.push(of);
    await expect.poll(() => of.source.indexState().state).toBe('live');
    // The real method, counted.
    const subscribe = of.kernel.events.bind(of.kernel);
    let subscriptions = 0;
    of.kernel.events = asked => {
      subscriptions++;
      return subscribe(asked);
    };
    return { ...of, subscriptions: () => subscriptions };
  }

  /** Reads events until one is the end of a port. */
  async function until(events: LocalTableEvents, port: number): Promise<TableEvent[]> {
    const found: TableEvent[] = [];
    for await (const event of events) {
      found.push(event);
      if ('flow' in event && event.type === 'destroy' && event.flow.original.sport === port) break;
    }
    return found;
  }
  const told = (events: readonly TableEvent[]): unknown[] =>
    events.map(event => ('flow' in event ? [event.type, event.flow.original.sport] : event.type));

  test('all subscribers get every event, from one subscription to the kernel', async () => {
    const { table, other, subscriptions } = await indexed();
    const all = await table.events();
    const ends = await table.events({ types: ['destroy'] });
    const batches = await table.events();
    const read = [until(all, 2), until(ends, 2)];
    for (const port of [1, 2]) await other.create(udp(port));
    for (const port of [1, 2]) await other.delete(udp(port));
    const [everything, destroyed] = await Promise.all(read);
    expect(told(everything!)).toEqual([
      ['new', 1],
      ['new', 2],
      ['destroy', 1],
      ['destroy', 2],
    ]);
    expect(told(destroyed!)).toEqual([
      ['destroy', 1],
      ['destroy', 2],
    ]);
    let count = 0;
    for await (const { cursor: cursorOf } of batches.batches()) {
      for (const cursor = cursorOf(); cursor.next(); ) count++;
      if (count === 4) break;
    }
    expect(subscriptions()).toBe(0);
  });

  test('a filter is applied to the whole entry: a flow that stops matching leaves, and its end is known', async () => {
    const { table, other } = await indexed();
    await other.create(udp(1, { mark: 7 }));
    // A subscriber also gets the events that the index has not read yet.
    await expect.poll(() => table.count({ filter: filter('mark=7') })).toBe(1);
    const events = await table.events({ filter: filter('mark=7') });
    const read = until(events, 2);
    await other.create(udp(2, { mark: 7 }));
    await other.create(udp(3));
    await other.update(udp(1), { mark: 8 });
    // The end of an entry does not carry all of it.
    await other.delete(udp(2));
    const found = await read;
    expect(told(found)).toEqual([
      ['new', 2],
      ['destroy', 1],
      ['destroy', 2],
    ]);
    expect(found[1]).toMatchObject({ reason: 'unmatched' });
  });

  test('a subscriber that does not read loses events and gets a gap; others and the index lose none', async () => {
    const { table, other, source } = await indexed();
    const slow = await table.events({ buffer: 10 });
    const fast = until(await table.events(), 100);
    for (let port = 1; port <= 100; port++) await other.create(udp(port));
    for (let port = 1; port <= 100; port++) await other.delete(udp(port));
    expect(await fast).toHaveLength(200);
    let last: TableEvent | undefined;
    let count = 0;
    for await (const event of slow) {
      last = event;
      count++;
      if (event.type === 'gap') break;
    }
    expect(last).toEqual({ type: 'gap', reason: 'more than 10 unread events' });
    expect(count).toBeLessThan(200);
    expect(source.indexState()).toMatchObject({ gaps: 0 });
  });

  test('closing and aborting end one subscription; closing the table ends all', async () => {
    const { table, source } = await indexed();
    const [one, other] = [await table.events(), await table.events()];
    const ending = new AbortController();
    const aborted = failing(until(await table.events({ signal: ending.signal }), 1));
    one.close();
    expect(await until(one, 1)).toEqual([]);
    ending.abort(new Error('enough'));
    expect((await aborted).message).toBe('enough');
    const rest = until(other, 1);
    source.close();
    expect(await rest).toEqual([]);
  });

  test('an index that switches itself off ends its subscriptions with an error, and the kernel serves the next ones', async () => {
    const { table, other, source, subscriptions } = await indexed({ maxBytes: 20_000 });
    const ended = failing(until(await table.events(), 5000));
    for await (const _ of other.createMany(Array.from({ length: 2000 }, (__, i) => udp(i + 1))));
    expect(await ended).toMatchObject({ code: 'SOURCE_FAILED', message: expect.stringMatching(/Subscribe again$/) });
    expect(source.indexState()).toMatchObject({ state: 'off', entries: 0, bytes: 0 });
    const events = until(await table.events(), 1);
    expect(subscriptions()).toBe(1);
    await other.delete(udp(1));
    expect(told(await events)).toEqual([['destroy', 1]]);
  });
});
