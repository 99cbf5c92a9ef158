// Kernels ignore attributes that they do not know as a filter: a flush without other conditions then empties the table. On every kernel, a
// flush here deletes exactly what its scope selects, or it is refused and the table stays as it is.
import { readFileSync } from 'node:fs';
import type { Flow, NewFlow } from '@conntrack/flow';
import { expect, test } from 'vitest';
import { type FlushCondition, type FlushScope, writeFlush } from '../../src/change/flush.js';
import { acknowledged } from '../../src/socket/acknowledged.js';
import { native } from '../../src/socket/native.js';
import { openSocket } from '../../src/socket/socket.js';
import { collect, failure, privateTable, tcp, udp } from '../support.js';

const [major, minor] = readFileSync('/proc/sys/kernel/osrelease', 'utf8').split('.').map(Number) as [number, number];
const older = (than: readonly [number, number]): boolean => major < than[0] || (major === than[0] && minor < than[1]);

const v6: NewFlow = {
  ...udp(5),
  family: 'ipv6',
  original: { src: '2001:db8::1', dst: '2001:db8::2', sport: 5, dport: 80 },
};
const ENTRIES: readonly NewFlow[] = [
  tcp(1, { mark: 1 }),
  tcp(2, { mark: 2, zone: 7 }),
  udp(3, { zone: 7 }),
  udp(4, { mark: 1, status: ['SEEN_REPLY', 'ASSURED'] }),
  v6,
];

/** The entries (by source port) that remain if the kernel applies the scope, and the Linux version since which it does. */
const SCOPES: readonly (readonly [scope: FlushScope, left: readonly number[], since: readonly [number, number]])[] = [
  [{ zone: 7 }, [1, 4, 5], [6, 8]],
  [{ zone: 9 }, [1, 2, 3, 4, 5], [6, 8]],
  [{ zone: 0 }, [2, 3], [6, 8]],
  [{ zone: 7, family: 'ipv4' }, [1, 4, 5], [6, 8]],
  [{ zone: 7, mark: 2 }, [1, 3, 4, 5], [6, 8]],
  [{ zone: 7, family: 'ipv4', protonum: 17 }, [1, 2, 4, 5], [6, 11]],
  [{ family: 'ipv4', protonum: 6 }, [3, 4, 5], [6, 11]],
  [{ family: 'ipv4', original: { src: '10.9.9.9' } }, [1, 2, 3, 4, 5], [6, 11]],
  [{ family: 'ipv4', protonum: 17, original: { sport: 4 } }, [1, 2, 3, 5], [6, 11]],
  [{ family: 'ipv4', reply: { dst: '10.9.9.9' } }, [1, 2, 3, 4, 5], [6, 11]],
  [{ status: 4 }, [1, 2, 3, 5], [5, 15]],
  [{ status: 4, mark: 2 }, [1, 2, 3, 4, 5], [5, 15]],
  [{ mark: 1 }, [2, 3, 5], [3, 0]],
  [{ family: 'ipv6' }, [1, 2, 3, 4], [5, 3]],
];

const portsOf = (flows: readonly Flow[]): number[] => flows.map(({ original }) => original.sport!).sort();

test('a flush deletes what its scope selects, or is refused and deletes nothing', async context => {
  const conntrack = privateTable(context);
  const fill = async (): Promise<void> => {
    await conntrack.flush({ all: true });
    for (const entry of ENTRIES) await conntrack.create(entry);
  };
  for (const [scope, left, since] of SCOPES) {
    await fill();
    const name = JSON.stringify(scope);
    if (older(since)) {
      const { code, message } = await failure(conntrack.flush(scope));
      expect([name, code]).toEqual([name, 'NOT_ENCODABLE']);
      expect(message).toMatch(
        /this kernel is not known to support a flush by .*\. Delete the matching entries instead/,
      );
      expect([name, portsOf(await collect(conntrack.list()))]).toEqual([name, [1, 2, 3, 4, 5]]);
    } else {
      await conntrack.flush(scope);
      expect([name, portsOf(await collect(conntrack.list()))]).toEqual([name, left]);
    }
  }
});

test('the refused conditions are those with which this kernel would have emptied the table', async context => {
  const conntrack = privateTable(context);
  const { flush } = await conntrack.capabilities();
  const single: Readonly<Partial<Record<FlushCondition, FlushScope>>> = {
    zone: { zone: 9 },
    mark: { mark: 77 },
    status: { status: 0x400 },
    family: { family: 'ipv6' },
  };
  for (const [condition, scope] of Object.entries(single) as [FlushCondition, FlushScope][]) {
    await conntrack.flush({ all: true });
    await conntrack.create(tcp(1));
    // As the encoder writes it, without checking whether this kernel applies it.
    const fd = openSocket(native(), conntrack.netns);
    await acknowledged(native(), fd, 'flush', 1, (writer, sequence) => writeFlush(writer, sequence, scope));
    native().close(fd);
    const { count } = await conntrack.count();
    expect([condition, count === 1]).toEqual([condition, flush.has(condition)]);
  }
});

test('on an old kernel a dump may return more than its filter selects, and never less', async context => {
  const conntrack = privateTable(context);
  for (const entry of ENTRIES) await conntrack.create(entry);
  const { dump } = await conntrack.capabilities();
  const filters = [
    [{ zone: 7 }, [2, 3], 'zone'],
    [{ mark: 1 }, [1, 4], 'mark'],
    [{ status: 4, statusMask: 4 }, [4], 'status'],
    [{ family: 'ipv4' as const, protonum: 17 }, [3, 4], 'tuple'],
    [{ family: 'ipv4' as const, protonum: 6, original: { sport: 2 }, mark: 2 }, [2], 'tuple'],
  ] as const;
  for (const [filter, meant, condition] of filters) {
    const brought = portsOf(await collect(conntrack.list({ filter })));
    if (dump.has(condition)) expect([filter, brought]).toEqual([filter, meant]);
    else expect(brought).toEqual(expect.arrayContaining([...meant]));
  }
});
