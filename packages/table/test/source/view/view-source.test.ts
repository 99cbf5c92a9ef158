import { compileFilter } from '@conntrack/filter/compile';
import type { Flow, FlowChange, NewFlow } from '@conntrack/flow';
import { FlowObjectCursor } from '@conntrack/flow';
import { describe, expect, it } from 'vitest';
import { ConntrackTable, MemorySource, TableError } from '../../../src/index.js';
import { all, failing, filter, variedFlows } from '../../flows.js';

const MINE = 'proto=tcp&mark=1';
const newFlow = (change: Partial<NewFlow> = {}): NewFlow => ({
  family: 'ipv4',
  protonum: 6,
  original: { src: '198.18.0.1', dst: '198.18.0.2', sport: 1, dport: 2 },
  timeout: 60,
  mark: 1,
  ...change,
});

async function tables() {
  const whole = new ConntrackTable(new MemorySource());
  let i = 0;
  for (const flow of variedFlows(200)) await whole.create({ ...flow, mark: i++ % 3 });
  const view = whole.view({ filter: filter(MINE) });
  const mine = compileFilter(filter(MINE));
  const is = (flow: Flow): boolean => mine(new FlowObjectCursor(flow));
  const flows = await all(whole.list());
  return { whole, view, is, inside: flows.filter(is), outside: flows.filter(flow => !is(flow)) };
}

describe('a view', () => {
  it('a view shows the flows of its filter, and counts no other row', async () => {
    const { view, inside } = await tables();
    expect(inside.length).toBeGreaterThan(10);
    expect(await all(view.list())).toEqual(inside);
    expect(await view.page({ limit: 1000 })).toMatchObject({ scanned: inside.length, matched: inside.length });
    expect(await view.count()).toBe(inside.length);
    expect(await view.counts({ all: { kind: 'all' } })).toMatchObject({ counts: { all: inside.length } });
    expect(await view.top({ by: 'proto' })).toMatchObject({ total: inside.length, scanned: inside.length });
    expect(await view.capabilities()).not.toHaveProperty('count');
    let text = '';
    for await (const chunk of view.snapshot()) text += chunk;
    expect(text.trim().split('\n')).toHaveLength(inside.length);
  });

  it('a view finds no flow outside of it, by key or tuple', async () => {
    const { view, inside, outside } = await tables();
    for (const flow of outside) {
      expect((await failing(view.get(flow.key!))).code).toBe('FLOW_NOT_FOUND');
      expect(await view.lookup(flow)).toBeUndefined();
      expect((await failing(view.delete(flow.key!))).code).toBe('FLOW_NOT_FOUND');
      expect((await failing(view.update(flow.key!, { timeout: 1 }))).code).toBe('FLOW_NOT_FOUND');
    }
    expect(await view.get(inside[0]!.key!)).toEqual(inside[0]);
    expect(await view.getOf(inside[0]!.key!, row => row.flow())).toEqual(inside[0]);
  });

  it('a view changes no flow outside of it, whatever the filter of the change', async () => {
    const { whole, view, inside, outside } = await tables();
    const any = filter('mark.lt=10');
    expect(await view.updateMany(any, { timeout: 77 })).toMatchObject({ changed: inside.length });
    expect(await view.deleteMany(any)).toMatchObject({ matched: inside.length, changed: inside.length });
    expect(await all(whole.list())).toEqual(outside);
    const plan = await view.plan(any, 'delete');
    expect(plan).toMatchObject({ count: 0, matched: 0 });
  });

  it.each<[string, FlowChange]>([
    ['mark', { mark: 2 }],
    ['masked mark', { mark: 2, markMask: 0 }],
  ])('a view allows no %s to move a flow out', async (_, change) => {
    const { whole, view, is, inside } = await tables();
    expect((await failing(view.update(inside[0]!.key!, change))).code).toBe('OUTSIDE');
    const result = await view.updateMany(filter('proto=tcp'), change);
    expect(result).toMatchObject({ changed: 0, failed: inside.length });
    expect((await all(whole.list())).filter(is)).toHaveLength(inside.length);
  });

  it('a view allows a change after which the flow is still inside', async () => {
    const { view, inside } = await tables();
    expect(await view.update(inside[0]!.key!, { mark: 1, timeout: 9 })).toMatchObject({ mark: 1, timeout: 9 });
    expect(await view.updateMany(filter('proto=tcp'), { mark: 1 })).toMatchObject({ changed: inside.length });
  });

  it('a view allows creating flows inside, and none outside', async () => {
    const { whole, view } = await tables();
    const before = await whole.count();
    for (const change of [{ mark: 2 }, { protonum: 17 }])
      expect((await failing(view.create(newFlow(change)))).code).toBe('OUTSIDE');
    expect(await whole.count()).toBe(before);
    expect(await view.create(newFlow())).toMatchObject({ mark: 1 });
  });

  it('a view does not show an existing flow outside of it as the reason of a conflict', async () => {
    const { whole, view } = await tables();
    await whole.create(newFlow({ mark: 2 }));
    const error = await failing(view.create(newFlow()));
    expect([error.code, error.details.flow]).toEqual(['FLOW_EXISTS', undefined]);
  });

  it('a view refuses to flush, and to show statistics of the whole table', async () => {
    const { whole, view } = await tables();
    const before = await whole.count();
    expect((await failing(view.flush({ all: true }))).code).toBe('OUTSIDE');
    expect(await whole.count()).toBe(before);
    view.close();
    expect(await whole.count()).toBe(before);
  });

  it('a view reports events of its own flows only', async () => {
    const { whole, view } = await tables();
    await using events = await view.events();
    await whole.create(newFlow({ mark: 2 }));
    const made = await whole.create(newFlow({ original: { ...newFlow().original, sport: 9 } }));
    for await (const event of events) {
      expect(event).toMatchObject({ type: 'new', flow: { key: made.key } });
      break;
    }
  });

  it('a view asks for admission before each scan, and reports its end', async () => {
    const { whole } = await tables();
    const log: string[] = [];
    const view = whole.view({
      admit() {
        log.push('begin');
        return () => log.push('end');
      },
    });
    for await (const _ of view.list()) break;
    await view.count({ filter: filter('proto=tcp') });
    expect(log).toEqual(['begin', 'end', 'begin', 'end']);
    const refusing = whole.view({
      admit() {
        throw new TableError('NO_ROOM', 'too many');
      },
    });
    expect((await failing(refusing.page({ limit: 1 }))).code).toBe('NO_ROOM');
  });
});
