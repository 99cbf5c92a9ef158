import { PackedEntry } from '@conntrack/flow/codec';
import { expect, test } from 'vitest';
import type { EntryCursor } from '../../src/entry/cursor.js';
import { privateTable, tcp, udp } from '../support.js';

function packed(cursor: EntryCursor): PackedEntry {
  const entry = new PackedEntry();
  cursor.pack(entry);
  return entry;
}

test('a packed entry says whether it has rare fields, and has TCP’s window scales and flags', async context => {
  const conntrack = privateTable(context);
  const protoinfo = {
    wscale: { original: 7, reply: 9 },
    flags: { original: ['WINDOW_SCALE', 'SACK_PERM'], reply: ['WINDOW_SCALE', 'MAXACK_SET'] },
  } as const;
  await conntrack.create(tcp(1, { protoinfo }));
  await conntrack.create(udp(2));
  await conntrack.create(udp(3, { synproxy: { isn: 1, its: 2, tsoff: 3 } }));
  const found: Record<number, PackedEntry> = {};
  for await (const slab of conntrack.dump())
    for (const cursor = slab.cursor(); cursor.next(); ) found[cursor.port(0)] = packed(cursor);
  // The kernel keeps some flags of its own.
  expect(found[1]).toMatchObject({ rare: false, idleSynproxy: true });
  expect((found[1]!.tcp >>> 16) & 0xffff).toBe(0x0709);
  expect((found[1]!.tcp >>> 8) & 3).toBe(3);
  expect(found[2]).toMatchObject({ rare: false, idleSynproxy: true, tcp: -1, startHigh: 0, startLow: 0 });
  expect(found[3]).toMatchObject({ rare: true, idleSynproxy: false });
});

test('a packed entry has both halves of the start time', async context => {
  const conntrack = privateTable(context);
  const { writeFile } = await import('../../src/socket/native.js').then(({ native }) => native());
  const wrote = writeFile(conntrack.netns, '/proc/sys/net/netfilter/nf_conntrack_timestamp', Buffer.from('1'));
  if (wrote < 0) context.skip('the sysctl cannot be written here');
  await conntrack.create(udp(1));
  for await (const slab of conntrack.dump())
    for (const cursor = slab.cursor(); cursor.next(); ) {
      const { startHigh, startLow } = packed(cursor);
      const nanoseconds = (BigInt(startHigh) << 32n) | BigInt(startLow);
      expect(Number(nanoseconds / 1000n) / 1000).toBeCloseTo(cursor.start(), 2);
      expect(cursor.start()).toBeGreaterThan(1.7e12);
    }
});
