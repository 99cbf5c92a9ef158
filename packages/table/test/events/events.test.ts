import { describe, expect, it } from 'vitest';
import { ConntrackTable, MemorySource, type TableEvent } from '../../src/index.js';
import { newFlowOf } from '../../src/snapshot/new-flow-of.js';
import { all, failing, filter, tcpFlow } from '../flows.js';

const names = (events: TableEvent[]): string[] =>
  events.map(event => (event.type === 'gap' ? 'gap' : `${event.type} ${event.flow.mark}`));

describe('events of a table in memory', () => {
  it('a table in memory sends events of creations, changes, deletes, flushes and expired timeouts', async () => {
    let now = 0;
    const source = new MemorySource([tcpFlow(1), tcpFlow(2, { timeout: 10 })], { clock: () => now });
    const table = new ConntrackTable(source);
    const events = await table.events();
    const fresh = { ...newFlowOf(tcpFlow(3)), status: ['ASSURED'] as const };
    const { key } = await table.create({ ...fresh, timeout: 50 });
    await table.update(key!, { mark: 33 });
    await table.delete(key!);
    now = 11_000;
    source.expire();
    await table.flush({ all: true });
    table.close();
    const told = await all(events);
    expect(names(told)).toEqual(['new 3', 'update 33', 'destroy 33', 'destroy 2', 'destroy 1']);
    expect(told[0]).toMatchObject({ flow: { key, timeout: 50, state: 'ESTABLISHED' } });
    expect(told[2]).not.toHaveProperty('flow.timeout');
  });

  it('events can be limited to types, to a filter over flows, and to a filter over the event', async () => {
    const table = new ConntrackTable(new MemorySource());
    const [ends, udp, both] = await Promise.all([
      table.events({ types: ['destroy'] }),
      table.events({ filter: filter('proto=udp') }),
      table.events({ filter: filter('event=new&mark=1') }),
    ]);
    const { key } = await table.create({ ...newFlowOf(tcpFlow(1)), timeout: 5, status: [] });
    await table.delete(key!);
    table.close();
    expect(names(await all(ends))).toEqual(['destroy 1']);
    expect(names(await all(udp))).toEqual([]);
    expect(names(await all(both))).toEqual(['new 1']);
  });

  it('unread events above the maximum are lost, which is reported once', async () => {
    const table = new ConntrackTable(new MemorySource());
    const events = await table.events({ buffer: 2 });
    for (let n = 1; n <= 5; n++) await table.create({ ...newFlowOf(tcpFlow(n)), timeout: 5, status: [] });
    table.close();
    expect(names(await all(events))).toEqual(['new 1', 'new 2', 'gap']);
  });

  it('a subscription ends with its loop and with its signal', async () => {
    const table = new ConntrackTable(new MemorySource());
    const controller = new AbortController();
    const waiting = all(await table.events({ signal: controller.signal }));
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    const events = await table.events();
    await table.create({ ...newFlowOf(tcpFlow(1)), timeout: 5, status: [] });
    for await (const event of events) {
      expect(event.type).toBe('new');
      break;
    }
    await table.flush({ all: true });
    expect(await all(events)).toEqual([]);
  });

  it('fields of events cannot be used in a list', async () => {
    expect(
      (await failing(all(new ConntrackTable(new MemorySource()).list({ filter: filter('event=new') })))).code,
    ).toBe('FIELD_UNAVAILABLE');
  });
});
