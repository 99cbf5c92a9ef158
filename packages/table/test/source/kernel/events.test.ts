// Filters over the kernel's events, which carry only a part of their entry: the correct answer is what a list returns at the same time.
import { compileFilter } from '@conntrack/filter/compile';
import { compileForEvents, UNKNOWN, YES } from '@conntrack/filter/events';
import { type Flow, type FlowChange, FlowObjectCursor, type NewFlow } from '@conntrack/flow';
import { createNatLab, labAvailable, type NatLab } from '@conntrack/lab';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ConntrackTable, KernelSource, type TableEvent } from '../../../src/index.js';
import { failing, filter } from '../../flows.js';

const flow = (sport: number, extra: Partial<NewFlow> = {}): NewFlow => ({
  family: 'ipv4',
  protonum: 6,
  original: { src: '10.9.9.1', dst: '192.0.2.53', sport, dport: 80 },
  timeout: 300,
  state: 'ESTABLISHED',
  ...extra,
});

/** The flow whose end ends each test. */
const LAST = 9;

const told = (event: TableEvent): string =>
  event.type === 'gap' ? 'gap' : [event.type, event.flow.original.sport, event.reason].filter(Boolean).join(' ');

describe.skipIf(labAvailable() !== undefined)(`events of the kernel (${labAvailable() ?? 'real'})`, () => {
  let lab: NatLab;
  let table: ConntrackTable;
  beforeAll(async () => {
    // Every entry sends events, even if it is older than its listener.
    lab = await createNatLab({ ipv6: false, sysctls: { 'netfilter.nf_conntrack_events': 1 } });
    table = new ConntrackTable(await KernelSource.open({ netns: lab.router.fd }));
  });
  afterAll(async () => {
    table?.close();
    await lab?.close();
  });

  afterEach(() => table.flush({ all: true }).then(() => {}));

  const create = (sport: number, extra?: Partial<NewFlow>): Promise<Flow> => table.create(flow(sport, extra));
  const change = async (sport: number, to: FlowChange): Promise<void> => {
    const { key } = (await table.lookup(flow(sport)))!;
    await table.update(key!, to);
  };
  const remove = async (sport: number): Promise<void> => {
    const { key } = (await table.lookup(flow(sport)))!;
    await table.delete(key!);
  };

  /** The events of a subscription while `act` runs. `pace` waits until all events so far have arrived: those of a matching flow come after them. */
  async function during(
    query: string,
    last: Partial<NewFlow>,
    act: (pace: () => Promise<void>) => Promise<void>,
    of: ConntrackTable = table,
  ): Promise<TableEvent[]> {
    const events = (await of.events({ filter: filter(query) }))[Symbol.asyncIterator]();
    const found: TableEvent[] = [];
    const pace = async (): Promise<void> => {
      await create(LAST, last);
      await remove(LAST);
      for (;;) {
        const event = (await events.next()).value as TableEvent;
        if (event.type === 'gap' || event.flow.original.sport !== LAST) found.push(event);
        else if (event.type === 'destroy') return;
      }
    };
    await act(pace);
    await pace();
    await events.return!(undefined);
    return found;
  }

  /** Creates two flows with their values, changes other values, and ends them. */
  const lives =
    (one: Partial<NewFlow>, other: Partial<NewFlow>, by: FlowChange) =>
    async (pace: () => Promise<void>): Promise<void> => {
      await create(1, one);
      await create(2, other);
      for (const sport of [1, 2]) await change(sport, by);
      await pace();
      for (const sport of [1, 2]) await remove(sport);
    };
  const first = ['new 1', 'update 1', 'destroy 1'];
  const second = ['new 2', 'update 2', 'destroy 2'];

  const marked = { mark: 7 };
  const labelled = { labels: [5] } as Partial<NewFlow>;
  const closing = { state: 'TIME_WAIT' };
  test.each([
    ['mark=0', {}, lives({}, marked, { timeout: 200 }), first],
    ['mark!=0', marked, lives({}, marked, { timeout: 200 }), second],
    ['mark.exists=true', {}, lives({}, marked, { timeout: 200 }), [...first, ...second]],
    ['label=5', labelled, lives(labelled, {}, { mark: 1 }), first],
    ['label.not=5', {}, lives(labelled, {}, { mark: 1 }), second],
    ['label.exists=false', {}, lives(labelled, {}, { mark: 1 }), second],
    ['state=ESTABLISHED', {}, lives({}, closing, { mark: 1 }), first],
    ['state!=ESTABLISHED', closing, lives({}, closing, { mark: 1 }), second],
    ['helper.exists=false', {}, lives({}, {}, { mark: 1 }), [...first, ...second]],
    ['status=ASSURED', { status: ['ASSURED'] }, lives({ status: ['ASSURED'] }, {}, { mark: 1 }), first],
    ['proto=tcp&label.not=5&mark=0', {}, lives(labelled, {}, { timeout: 200 }), second],
  ] as const)('%s reports the flows that a list has, from new to destroy', async (query, last, act, expected) => {
    const found = (await during(query, last as Partial<NewFlow>, act)).map(told);
    // The events of each flow keep their order.
    for (const sport of [1, 2])
      expect(found.filter(text => text.includes(` ${sport}`))).toEqual(
        expected.filter(text => text.includes(` ${sport}`)),
      );
  });

  test('a flow that stops matching is reported as unmatched, with only its identity, and its end is not reported', async () => {
    await create(1, { mark: 1 });
    const events = await during('mark=1', { mark: 1 }, async () => {
      await change(1, { mark: 2 });
      await change(1, { timeout: 100 });
      await remove(1);
    });
    expect(events.map(told)).toEqual(['destroy 1 unmatched']);
    const left = events[0] as { flow: Flow };
    expect(Object.keys(left.flow).sort()).toEqual(['family', 'id', 'key', 'original', 'protocol', 'protonum', 'reply']);
  });

  test('a flow that starts matching is reported with its whole entry', async () => {
    await create(1, { labels: [5] });
    const events = await during('mark=1', { mark: 1 }, async pace => {
      await change(1, { mark: 1 });
      await pace();
      await remove(1);
    });
    expect(events.map(told)).toEqual(['update 1', 'destroy 1']);
    expect(events[0]).toMatchObject({ flow: { mark: 1, state: 'ESTABLISHED', labels: [5], use: expect.any(Number) } });
  });

  test('removing a label ends the flow for a subscriber to that label', async () => {
    await create(1, { labels: [5] });
    const events = await during('label=5', labelled, async pace => {
      await change(1, { labels: [], labelsMask: [5] });
      await pace();
      await remove(1);
    });
    expect(events.map(told)).toEqual(['destroy 1 unmatched']);
  });

  test('a view reports only its own flows, whatever events carry', async () => {
    const view = table.view({ filter: filter('mark!=0') });
    await create(1, { mark: 1 });
    const act = async (): Promise<void> => {
      await create(2);
      await change(2, { timeout: 100 });
      await change(1, { mark: 0 });
      await change(1, { timeout: 100 });
      for (const sport of [1, 2]) await remove(sport);
    };
    expect((await during('proto=tcp', { mark: 1 }, act, view)).map(told)).toEqual(['destroy 1 unmatched']);
  });

  test('the ends of flows with a label are selected by what was known of the flows', async () => {
    await create(1, labelled);
    await create(2);
    const events = await during('label=5&event=destroy', labelled, async () => {
      await change(1, { mark: 3 });
      for (const sport of [1, 2]) await remove(sport);
    });
    expect(events.map(told)).toEqual(['destroy 1']);
  });

  test('fields that change without an event are refused with the reason', async () => {
    for (const query of ['bytes>1000', 'timeout<10', 'use=1', 'age>5']) {
      const error = await failing(table.events({ filter: filter(query) }));
      expect(error).toMatchObject({ code: 'FIELD_UNAVAILABLE' });
      expect(error.message).toMatch(/changes without an event/);
    }
    const view = table.view({ filter: filter('bytes>1000') });
    expect(await failing(view.events())).toMatchObject({ code: 'FIELD_UNAVAILABLE' });
    (await table.events({ filter: filter('bytes>1000'), types: ['destroy'] })).close();
  });

  test('the verdict about an event is that about its entry, or unknown', async () => {
    const queries = [
      'mark=0',
      'mark=1',
      'label=5',
      'label.not=5',
      'state=ESTABLISHED',
      'helper=ftp',
      'status=ASSURED',
      'unreplied',
      'proto=tcp',
      'zone=0',
      'nat=none',
      'secctx.exists=false',
    ];
    const pairs = queries.map(query => [compileForEvents(filter(query)), compileFilter(filter(query))] as const);
    const events = (await table.events()).batches()[Symbol.asyncIterator]();
    /** Compares the next event of the flow with its entry. */
    const compare = async (entry: Flow, type: string): Promise<void> => {
      for (;;) {
        const cursor = (await events.next()).value!.cursor();
        while (cursor.next()) {
          if (cursor.id() !== entry.id || ['new', 'update', 'destroy'][cursor.event()] !== type) continue;
          const verdicts = pairs.map(
            ([judge, matches]) => [judge(cursor), matches(new FlowObjectCursor(entry))] as const,
          );
          for (const [i, [verdict, matches]] of verdicts.entries())
            expect([queries[i], verdict === UNKNOWN || (verdict === YES) === matches]).toEqual([queries[i], true]);
          return;
        }
      }
    };
    for (const extra of [{}, { mark: 1 }, labelled, closing, { status: ['ASSURED'] }] as Partial<NewFlow>[]) {
      const entry = await create(1, extra);
      await compare(entry, 'new');
      await change(1, { mark: 1 });
      await compare((await table.lookup(flow(1)))!, 'update');
      const last = (await table.lookup(flow(1)))!;
      await remove(1);
      await compare(last, 'destroy');
    }
    await events.return!(undefined);
  });

  test('the error for a kernel that sends no events says so', async () => {
    lab.router.sysctl('netfilter.nf_conntrack_events', '0');
    try {
      expect(await failing(table.events())).toMatchObject({
        code: 'UNSUPPORTED',
        message: expect.stringContaining('nf_conntrack_events'),
      });
    } finally {
      lab.router.sysctl('netfilter.nf_conntrack_events', '1');
    }
  });
});
