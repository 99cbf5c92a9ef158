import { describe, expect, test } from 'vitest';
import { Conntrack, type EventItem } from '../../src/index.js';
import { type Native, native } from '../../src/socket/native.js';
import { collect, failure, privateTable, ref, tcp, udp } from '../support.js';

async function take(items: AsyncIterable<EventItem>, count: number): Promise<EventItem[]> {
  const taken: EventItem[] = [];
  for await (const item of items) if (taken.push(item) === count) break;
  return taken;
}

test('new, update and destroy events carry their flow', async context => {
  const conntrack = privateTable(context);
  const events = conntrack.events({ buffer: 1000 });
  await conntrack.create(tcp(1, { mark: 1 }));
  await conntrack.update(ref(tcp(1)), { mark: 2 });
  await conntrack.delete(ref(tcp(1)));
  const items = await take(events, 3);
  expect(items).toMatchObject([
    { type: 'new', flow: { original: tcp(1).original, mark: 1 } },
    { type: 'update', flow: { mark: 2 } },
    { type: 'destroy', flow: { original: tcp(1).original } },
  ]);
  expect(events.counters).toMatchObject({ received: 3, gaps: 0, unknown: 0 });
  // The netlink port id of the requester: this process.
  expect(new Set(items.map(item => 'flow' in item && item.flow.portid)).size).toBe(1);
});

test('only the requested event types and flows are received', async context => {
  const conntrack = privateTable(context);
  const events = conntrack.events({ flows: ['destroy'], match: cursor => cursor.port(0) === 2, buffer: 1000 });
  for (const port of [1, 2]) {
    await conntrack.create(tcp(port));
    await conntrack.delete(ref(tcp(port)));
  }
  expect(await take(events, 1)).toMatchObject([{ type: 'destroy', flow: { original: { sport: 2 } } }]);
});

/** System calls whose first stream gets its buffers when the gate opens: a reader that pauses. */
function gated(): { calls: Native; open(): void } {
  const held: (() => void)[] = [];
  let opened = false;
  let gatedStream: unknown;
  return {
    calls: {
      ...native(),
      give(stream, buffer, marks) {
        gatedStream ??= stream;
        if (opened || stream !== gatedStream) return native().give(stream, buffer, marks);
        held.push(() => native().give(stream, buffer, marks));
        return 0;
      },
    },
    open() {
      opened = true;
      for (const give of held) give();
    },
  };
}

test('a full buffer causes one gap, after the kept events and before the new ones', async context => {
  const gate = gated();
  const conntrack = privateTable(context, { native: gate.calls });
  const events = conntrack.events({ buffer: 100 });
  const total = 5000;
  for (let port = 1; port <= total; port++) await conntrack.create(udp(port, { timeout: 300 }));
  gate.open();
  const ports: (number | 'gap')[] = [];
  for await (const item of events) {
    if (item.type === 'gap') {
      expect(item.error).toMatchObject({ code: 'ENOBUFS', operation: 'events' });
      expect(item.error.message).toMatch(/buffer/);
      ports.push('gap');
      await conntrack.create(udp(60_000));
    } else if ('flow' in item) {
      ports.push(item.flow.original.sport!);
      if (item.flow.original.sport === 60_000) break;
    }
  }
  const gap = ports.indexOf('gap');
  // Events before the gap are complete, and those after it belong to later entries.
  expect(ports.slice(0, gap)).toEqual(Array.from({ length: gap }, (_, i) => i + 1));
  expect(gap).toBeLessThan(total);
  expect(ports.slice(gap)).toEqual(['gap', 60_000]);
  expect(events.counters.gaps).toBe(1);
});

test('a reader that pauses loses nothing while its backlog has room', async context => {
  const conntrack = privateTable(context);
  const events = conntrack.events({ buffer: 100 });
  const total = 5000;
  await conntrack.create(udp(1, { timeout: 300 }));
  await expect.poll(() => events.counters.waiting).toBeGreaterThan(0);
  const size = events.counters.waiting;
  for (let port = 2; port <= total; port++) {
    await conntrack.create(udp(port, { timeout: 300 }));
    // The thread has received all of them: the kernel's buffer, which holds 100, is empty again.
    if (port % 50 === 0) await expect.poll(() => events.counters.waiting, { interval: 1 }).toBe(size * port);
  }
  const ports = (await take(events, total)).map(item => 'flow' in item && item.flow.original.sport);
  expect(ports).toEqual(Array.from({ length: total }, (_, i) => i + 1));
  expect(events.counters).toMatchObject({ received: total, gaps: 0, waiting: 0 });
});

test('a reader that pauses beyond its backlog gets a gap', async context => {
  const conntrack = privateTable(context);
  const events = conntrack.events({ buffer: 100, backlog: 64 * 1024 });
  for (let port = 1; port <= 5000; port++) await conntrack.create(udp(port, { timeout: 300 }));
  let received = 0;
  for await (const item of events) {
    if (item.type === 'gap') break;
    received++;
  }
  expect(received).toBeLessThan(5000);
});

test('a stream reports whether its buffer could be larger than net.core.rmem_max', async context => {
  const conntrack = privateTable(context);
  const events = conntrack.events({ buffer: 10_000 });
  const { bytes, forced } = events.buffer;
  expect(forced ? bytes : 0).toBe(forced ? 10_000 * 1280 : 0);
  expect(events.buffer.events).toBe(Math.floor(bytes / 1280));
  events.close();
});

test('close ends a waiting loop, and can be called twice', async context => {
  const conntrack = privateTable(context);
  const events = conntrack.events();
  const items = collect(events);
  setTimeout(() => events.close(), 20);
  expect(await items).toEqual([]);
  events.close();
});

test('a signal ends a stream with its reason', async context => {
  const conntrack = privateTable(context);
  const events = conntrack.events({ signal: AbortSignal.timeout(20) });
  await expect(collect(events)).rejects.toMatchObject({ name: 'TimeoutError' });
  expect(() => conntrack.events({ signal: AbortSignal.abort(new Error('before')) })).toThrow('before');
});

test('a watch lists the table, and then yields events', async context => {
  const conntrack = privateTable(context);
  await conntrack.create(tcp(1));
  const seen: string[] = [];
  for await (const item of conntrack.watch({ buffer: 1000 })) {
    seen.push('flow' in item ? `${item.type} ${item.flow.original.sport}` : item.type);
    if (item.type === 'synced') await conntrack.create(tcp(2));
    if (item.type === 'new') break;
  }
  expect(seen).toEqual(['present 1', 'synced', 'new 2']);
});

test('after a gap, a watch lists the table again, and nothing is missed', async context => {
  const conntrack = privateTable(context);
  const known = new Set<number>();
  let synced = 0;
  let fresh = new Set<number>();
  for await (const item of conntrack.watch({ buffer: 100, backlog: 0 })) {
    if (item.type === 'gap') fresh = new Set();
    else if (item.type === 'present') fresh.add(item.flow.original.sport!);
    else if (item.type === 'synced') {
      known.clear();
      for (const port of fresh) known.add(port);
      if (++synced === 1) for (let port = 0; port < 9000; port++) await conntrack.create(udp(port, { timeout: 300 }));
      else if (known.size === 9000) break;
    } else if (item.type === 'new') known.add(item.flow.original.sport!);
    else if (item.type === 'destroy') known.delete(item.flow.original.sport!);
  }
  expect(synced).toBeGreaterThan(1);
  expect(known.size).toBe(9000);
});

/** Gives the other namespace an id in this one: RTM_NEWNSID with NETNSA_NSID and NETNSA_FD (linux/net_namespace.h). */
function nameNamespace(inside: number, other: number, nsid: number): void {
  const fd = native().socket(16, 3, 0, inside);
  const request = new Uint32Array([36, 88 | (0x5 << 16), 1, 0, 0, 8 | (1 << 16), nsid, 8 | (3 << 16), other]);
  native().send(fd, new Uint8Array(request.buffer));
  const answer = new Int32Array(64);
  expect(native().receive(fd, new Uint8Array(answer.buffer), 1000)).toBeGreaterThan(0);
  expect(answer[4]).toBe(0);
  native().close(fd);
}

test('with all namespaces, events carry the nsid of another namespace', async context => {
  const conntrack = privateTable(context);
  const other = privateTable(context);
  nameNamespace(conntrack.netns, other.netns, 42);
  const events = conntrack.events({ allNamespaces: true, buffer: 1000 });
  await conntrack.create(tcp(1));
  await other.create(tcp(2));
  await conntrack.create(tcp(3));
  const items = await take(events, 3);
  expect(items.map(item => ('flow' in item ? [item.flow.original.sport, item.nsid] : item))).toEqual([
    [1, undefined],
    [2, 42],
    [3, undefined],
  ]);
});

test('the mode says which entries send events, and new entries do in every mode except `none`', async context => {
  const conntrack = privateTable(context);
  const mode = conntrack.eventsMode();
  expect(['none', 'all', 'listened']).toContain(mode);
  if (mode === 'none') context.skip('net.netfilter.nf_conntrack_events is 0 here');
  await conntrack.create(tcp(1));
  const events = conntrack.events({ buffer: 1000 });
  await conntrack.delete(ref(tcp(1)));
  await conntrack.create(tcp(2));
  const seen: unknown[] = [];
  for await (const item of events) {
    if ('flow' in item) seen.push([item.type, item.flow.original.sport]);
    if (item.type === 'new') break;
  }
  // Whether the older entry sends its end depends on listeners elsewhere on the host too: the kernel counts them together.
  expect(mode === 'all' ? seen : seen.slice(-1)).toEqual(
    mode === 'all'
      ? [
          ['destroy', 1],
          ['new', 2],
        ]
      : [['new', 2]],
  );
});

test('a closed client cannot subscribe', async context => {
  const conntrack = privateTable(context);
  conntrack.close();
  expect(() => conntrack.events()).toThrow(expect.objectContaining({ code: 'CLOSED' }));
  expect((await failure(conntrack.count())).code).toBe('CLOSED');
});

test('the error without the privilege names it', async context => {
  if (process.getuid?.() !== 0) context.skip('needs root, to give a privilege up');
  const conntrack = privateTable(context);
  // A listener beyond its own namespace needs CAP_NET_BROADCAST there. Everything is allowed here, so only the explanation of the errno is
  // tested.
  const refused = {
    ...native(),
    setsockopt: (fd: number, level: number, name: number, value: number) =>
      name === 1 ? -1 : native().setsockopt(fd, level, name, value),
  };
  const unprivileged = Conntrack.open({ netns: conntrack.netns, native: refused });
  expect(() => unprivileged.events()).toThrow(/CAP_NET_ADMIN/);
  unprivileged.close();
});

test('a stream says whether events wait to be read', async context => {
  const conntrack = privateTable(context);
  const events = conntrack.events();
  expect(events.hasUnread).toBe(false);
  await conntrack.create(udp(1));
  await expect.poll(() => events.hasUnread).toBe(true);
  for await (const { type } of events) if (type === 'new') break;
  expect(events.hasUnread).toBe(false);
});

test('a stream says that events wait in the kernel’s buffer', async context => {
  const gate = gated();
  const conntrack = privateTable(context, { native: gate.calls });
  const events = conntrack.events();
  expect(events.hasUnread).toBe(false);
  await conntrack.create(udp(1));
  expect(events.hasUnread).toBe(true);
  gate.open();
  for await (const { type } of events) if (type === 'new') break;
});

describe('reliable ends', () => {
  const ENDS = 50_000;
  const fill = (conntrack: Conntrack): Promise<unknown> =>
    collect(conntrack.createMany(Array.from({ length: ENDS }, (_, port) => udp(port))));

  test('none of 50,000 ends is lost in a buffer for some hundred events', async context => {
    const gate = gated();
    const conntrack = privateTable(context, { native: gate.calls });
    const events = conntrack.events({ flows: ['destroy'], reliable: true, bufferBytes: 200_000, maxDying: ENDS });
    expect(events.buffer.events).toBeLessThan(1000);
    await fill(conntrack);
    await conntrack.flush({ all: true });
    await expect.poll(() => events.counters.dying).toBeGreaterThan(40_000);
    gate.open();
    const ended = new Set<string>();
    for await (const item of events) {
      if (item.type === 'gap') throw item.error;
      if ('flow' in item) ended.add(item.flow.key!);
      if (ended.size === ENDS) break;
    }
    await expect.poll(async () => (await conntrack.count()).count).toBe(0);
  });

  test('a stream with new entries, too, reports lost ones with a gap, and loses no end', async context => {
    const gate = gated();
    const conntrack = privateTable(context, { native: gate.calls });
    const events = conntrack.events({ reliable: true, bufferBytes: 200_000, maxDying: ENDS });
    await fill(conntrack);
    await conntrack.flush({ all: true });
    gate.open();
    const ended = new Set<string>();
    let gaps = 0;
    for await (const item of events) {
      if (item.type === 'gap') gaps++;
      else if (item.type === 'destroy' && 'flow' in item) ended.add(item.flow.key!);
      if (ended.size === ENDS) break;
    }
    expect(gaps).toBeGreaterThan(0);
  });

  test('with more waiting ends than allowed, the stream reports a gap and the kernel keeps no more ends', async context => {
    const gate = gated();
    const conntrack = privateTable(context, { native: gate.calls });
    const events = conntrack.events({ flows: ['destroy'], reliable: true, bufferBytes: 200_000, maxDying: 1000 });
    await fill(conntrack);
    await conntrack.flush({ all: true });
    const gap = (async () => {
      for await (const item of events) if (item.type === 'gap') return item.error;
      return undefined;
    })();
    await expect.poll(async () => (await conntrack.count()).count).toBe(0);
    gate.open();
    expect(await gap).toMatchObject({
      code: 'ENOBUFS',
      message: expect.stringMatching(/more than 1000 ended entries/),
    });
    expect(events.counters.dying).toBeGreaterThan(1000);
  });

  test('a stream over all namespaces cannot be reliable', context => {
    const conntrack = privateTable(context);
    expect(() => conntrack.events({ reliable: true, allNamespaces: true })).toThrow(/remove `allNamespaces`/);
  });
});
