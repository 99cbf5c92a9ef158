import { FlowIndex } from '@conntrack/client';
import { labAvailable, Namespace } from '@conntrack/lab';
import { Conntrack, type NewFlow } from '@conntrack/netlink';
import { ConntrackTable, KernelSource } from '@conntrack/table';
import { describe, expect, test } from 'vitest';
import { UncertainEndsWatch } from '../../src/events/uncertain-ends-watch.js';
import { serve } from '../../src/index.js';
import { type AnyRecord, recordsOf, take, takeUntil } from './support.js';

function* flows(): Generator<NewFlow> {
  for (let n = 1; n <= 200; n++) {
    const tuple = { sport: n, dport: 53 };
    yield { family: 'ipv4', protonum: 17, timeout: 600, original: { src: '10.0.0.1', dst: '192.0.2.1', ...tuple } };
    yield {
      family: 'ipv6',
      protonum: 17,
      timeout: 600,
      original: { src: '2001:db8::1', dst: '2001:db8::2', ...tuple },
    };
  }
  const echo = { src: '10.0.0.1', dst: '192.0.2.1', type: 8, code: 0, id: 7 };
  yield { family: 'ipv4', protonum: 1, timeout: 600, original: echo };
}

const MANY = 100_000;

function* many(): Generator<NewFlow> {
  for (let n = 0; n < MANY; n++) {
    const src = `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`;
    const original = { src, dst: '192.0.2.1', sport: 1024, dport: 53 };
    yield { family: 'ipv4', protonum: 17, timeout: 600, original };
  }
}

describe.skipIf(labAvailable() !== undefined)(`entries without events (${labAvailable() ?? 'real'})`, () => {
  test.each(['', '&mark=0'])(
    'ends and changes of entries without events are reported, with initial=true%s',
    async query => {
      const namespace = Namespace.create();
      const conntrack = Conntrack.open({ netns: namespace.fd });
      // Created while nobody can listen: such entries never send an event.
      namespace.sysctl('netfilter.nf_conntrack_events', '0');
      for await (const each of conntrack.createMany(flows())) expect(each.outcome).toBe('done');
      namespace.sysctl('netfilter.nf_conntrack_events', '2');
      const table = new ConntrackTable(await KernelSource.open({ netns: namespace.fd }));
      const eventLimits = { checkInterval: 50 };
      const server = await serve({ table, listen: '127.0.0.1:0', anonymous: 'read', grace: 100, eventLimits });
      const index = new FlowIndex();
      const reasons = new Set<unknown>();
      let uncertainEnds = 0;
      const reading = (async () => {
        const response = await fetch(`${server.url}/conntrack/events?initial=true${query}`);
        for await (const record of recordsOf(response) as AsyncGenerator<AnyRecord>) {
          index.apply(record as never);
          if (record.type === 'snapshot' && record.uncertainEnd === true) uncertainEnds++;
          if (record.type === 'destroy') reasons.add(record.reason);
        }
      })();
      await expect.poll(() => index.synced && index.flows.size).toBe(401);
      expect(uncertainEnds).toBe(401);
      const [first, ...rest] = [...flows()];
      await conntrack.update(first!, { mark: 5 });
      const marked = (): unknown => [...index.flows.values()].filter(({ mark }) => mark === 5).length;
      if (query === '') await expect.poll(marked).toBe(1);
      else await expect.poll(() => index.flows.size).toBe(400);
      for await (const each of conntrack.deleteMany(rest)) expect(each.outcome).toBe('done');
      await conntrack.delete(first!);
      await expect.poll(() => index.flows.size).toBe(0);
      expect(reasons).toContain('missed');
      await server.close();
      await reading;
      table.close();
      conntrack.close();
      namespace.close();
    },
  );

  test('the ends of 100,000 flushed entries share one wait', async () => {
    using namespace = Namespace.create();
    await using conntrack = Conntrack.open({ netns: namespace.fd });
    for await (const each of conntrack.createMany(many())) expect(each.outcome).toBe('done');
    const table = new ConntrackTable(await KernelSource.open({ netns: namespace.fd }));
    const told = new Set<string>();
    const watch = new UncertainEndsWatch(table, { changed: () => {}, gone: ({ key }) => told.add(key!) }, 1);
    await watch.scan();
    expect(watch.count).toBe(MANY);
    await conntrack.flush({ all: true });
    const began = performance.now();
    await watch.run();
    // A wait of 200 ms for each batch of 512 took 39 s on any machine. This takes about 3 s on an idle one.
    expect(performance.now() - began).toBeLessThan(30_000);
    expect(told.size).toBe(MANY);
    expect(watch.count).toBe(0);
    table.close();
  });

  test('a server that listens from its start receives events of flows that were created before the first watch', async () => {
    using namespace = Namespace.create();
    await using conntrack = Conntrack.open({ netns: namespace.fd });
    const table = new ConntrackTable(await KernelSource.open({ netns: namespace.fd }));
    // Look-ups find nothing during this test.
    const eventLimits = { listen: 'start', checkInterval: 3_600_000, linger: 1 } as const;
    const server = await serve({ table, listen: '127.0.0.1:0', anonymous: 'read', grace: 100, eventLimits });
    const metrics = async (): Promise<string> => await (await fetch(`${server.url}/metrics`)).text();
    await expect.poll(metrics).toMatch(/^conntrack_events_listening 1$/m);
    for await (const each of conntrack.createMany(flows())) expect(each.outcome).toBe('done');
    // Events are received before anybody watches: a watch neither starts nor stops listening.
    await expect.poll(metrics).toMatch(/^conntrack_events_received_total 401$/m);
    const records = recordsOf(await fetch(`${server.url}/conntrack/events?initial=true`));
    const told = await takeUntil(records, ({ synced }) => synced === true);
    expect(told.filter(({ type, uncertainEnd }) => type === 'snapshot' && uncertainEnd === undefined)).toHaveLength(
      401,
    );
    for await (const each of conntrack.deleteMany(flows())) expect(each.outcome).toBe('done');
    const ends = await take(records, 401);
    expect(ends.every(({ type, reason }) => type === 'destroy' && reason === undefined)).toBe(true);
    await records.return(undefined);
    await expect.poll(metrics).toMatch(/^conntrack_event_subscribers 0$/m);
    expect(await metrics()).toMatch(/^conntrack_events_listening 1$/m);
    await server.close();
    table.close();
  });

  test('watches end with a reason when nf_conntrack_events becomes 0, and can start again afterwards', async () => {
    using namespace = Namespace.create();
    const table = new ConntrackTable(await KernelSource.open({ netns: namespace.fd }));
    const logged: object[] = [];
    const server = await serve({
      table,
      listen: '127.0.0.1:0',
      anonymous: 'read',
      grace: 100,
      eventLimits: { checkInterval: 50 },
      log: line => logged.push(line),
    });
    const url = `${server.url}/conntrack/events?initial=true`;
    const records = recordsOf(await fetch(url));
    await takeUntil(records, ({ synced }) => synced === true);
    namespace.sysctl('netfilter.nf_conntrack_events', '0');
    const told = await takeUntil(records, ({ type }) => type === 'bye');
    expect(told.at(-1)).toMatchObject({ type: 'bye', reason: 'events-off' });
    expect((await records.next()).done).toBe(true);
    expect(JSON.stringify(logged)).toContain('nf_conntrack_events was set to 0');
    expect(await (await fetch(`${server.url}/metrics`)).text()).toMatch(/^conntrack_events_listening 0$/m);
    expect((await fetch(url)).status).toBe(422);
    namespace.sysctl('netfilter.nf_conntrack_events', '2');
    const again = recordsOf(await fetch(url));
    await takeUntil(again, ({ synced }) => synced === true);
    await again.return(undefined);
    await server.close();
    table.close();
  });
});
