// Facts that this library builds on and that no header file contains: checked on every kernel that the tests run on
// (`pnpm run test:kernels`).
import type { FlowEvent, FlowRef } from '@conntrack/flow';
import { expect, test, vi } from 'vitest';
import { native } from '../../src/socket/native.js';
import { bindSocket, openSocket, setNetlinkOption, sizeReceiveBuffer } from '../../src/socket/socket.js';
import * as U from '../../src/wire/uapi.js';
import { collect, failure, privateTable, ref, tcp, udp } from '../support.js';

const to = (address: string) => ({ nat: { dst: { address } } });

test('a delete by the reply tuple and the id does not delete a successor with another translation, even with the same id', async context => {
  const conntrack = privateTable(context);
  let same = 0;
  for (let i = 0; i < 20; i++) {
    await conntrack.create(udp(1, to('10.9.9.1')));
    const target = (await conntrack.get(ref(udp(1))))!;
    await conntrack.delete(ref(udp(1)));
    await conntrack.create(udp(1, to('10.9.9.2')));
    const successor = (await conntrack.get(ref(udp(1))))!;
    if (successor.id === target.id) same++;
    const { family, protonum, original, reply, id } = target;
    const { code } = await failure(conntrack.delete({ family, protonum, original, reply, id } as FlowRef));
    expect(code).toBe('ENOENT');
    expect((await conntrack.get(ref(udp(1))))?.reply.src).toBe('10.9.9.2');
    // With its own id it is deleted by its own reply tuple.
    await conntrack.delete({ family, protonum, original, reply: successor.reply, id: successor.id } as FlowRef);
    expect(await conntrack.get(ref(udp(1)))).toBeUndefined();
  }
  console.log(`${same} of 20 successors had the id of the entry before`);
});

test('a delete with a wrong id fails with ENOENT', async context => {
  const conntrack = privateTable(context);
  await conntrack.create(tcp(1));
  const { id } = (await conntrack.get(ref(tcp(1))))!;
  expect((await failure(conntrack.delete({ ...ref(tcp(1)), id: (id! ^ 1) >>> 0 }))).code).toBe('ENOENT');
  await conntrack.delete({ ...ref(tcp(1)), id: id! });
});

test('with NETLINK_BROADCAST_ERROR the kernel keeps the destroy events that a listener had no room for, and sends them again', async context => {
  const conntrack = privateTable(context);
  const COUNT = 3000;
  const listener = openSocket(native(), conntrack.netns);
  context.onTestFinished(() => void native().close(listener));
  sizeReceiveBuffer(native(), listener, 65_536);
  bindSocket(native(), listener);
  const NETLINK_BROADCAST_ERROR = 4;
  for (const [option, value] of [
    [NETLINK_BROADCAST_ERROR, 1],
    [U.NETLINK_NO_ENOBUFS, 1],
    [U.NETLINK_ADD_MEMBERSHIP, U.NFNLGRP_CONNTRACK_DESTROY],
  ] as const)
    expect(setNetlinkOption(native(), listener, option, value)).toBe(0);
  await collect(conntrack.createMany(Array.from({ length: COUNT }, (_, port) => udp(port))));
  await conntrack.flush({ all: true });
  let ended = 0;
  const buffer = new Uint8Array(65_536);
  const drain = (): void => {
    while (native().receive(listener, buffer, 0) > 0) ended++;
  };
  drain();
  expect(ended).toBeLessThan(COUNT);
  await vi.waitFor(
    () => {
      drain();
      expect(ended).toBe(COUNT);
    },
    { timeout: 600_000, interval: 50 },
  );
});

test('a destroy event carries the id and the mark, but not a mark of 0', async context => {
  const conntrack = privateTable(context);
  const events = conntrack.events();
  const seen: FlowEvent[] = [];
  const reading = (async () => {
    for await (const event of events) {
      if ('flow' in event) seen.push(event as FlowEvent);
      if (seen.length === 4) break;
    }
  })();
  await conntrack.create(udp(1));
  await conntrack.create(udp(2, { mark: 7 }));
  await conntrack.delete(ref(udp(1)));
  await conntrack.delete(ref(udp(2)));
  await reading;
  expect(seen.map(({ type, flow }) => [type, flow.original.sport, flow.mark ?? 0])).toEqual([
    ['new', 1, 0],
    ['new', 2, 7],
    ['destroy', 1, 0],
    ['destroy', 2, 7],
  ]);
  for (const { flow } of seen) expect(flow.id).toBeGreaterThan(0);
  expect(seen[2]!.flow.mark).toBeUndefined();
});
