import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EntryDeletions } from '../../src/change/entry-deletions.js';
import { writeDelete } from '../../src/change/flow.js';
import { EntryCursor, NetlinkError } from '../../src/index.js';
import { writeFlow } from '../../src/testing/write-flow.js';
import { describeMessage } from '../../src/wire/describe.js';
import { messages } from '../../src/wire/message.js';
import { MessageWriter } from '../../src/wire/writer.js';
import { anyFlow } from '../arbitraries.js';
import { privateTable, tcp, udp } from '../support.js';

const REQUEST = 1;
const ACK = 4;

/** A cursor on the entry of a flow, as the kernel would send it. */
function cursorOn(flow: Parameters<typeof writeFlow>[2]): EntryCursor {
  const writer = new MessageWriter();
  writeFlow(writer, 1, flow);
  const cursor = new EntryCursor(writer.bytes(), writer.length);
  expect(cursor.next()).toBe(true);
  return cursor;
}

/** What a request says: its header and its attributes. */
const said = (bytes: Uint8Array): string => describeMessage(bytes, messages(bytes, bytes.length).next().value!);

describe('the request made from the bytes of an entry', () => {
  test('it says what the request made from the reference of the entry says', () => {
    fc.assert(
      fc.property(anyFlow, flow => {
        const cursor = cursorOn(flow);
        const usual = new MessageWriter();
        let refused: unknown;
        try {
          writeDelete(usual, 1, ACK, cursor.ref());
        } catch (error) {
          refused = error;
        }
        const deletions = new EntryDeletions();
        // What a reference refuses may be sent from the kernel's own bytes, which name the entry.
        if (refused === undefined) {
          deletions.add(cursor);
          expect(said(deletions.window(0, 1))).toBe(said(usual.bytes()));
        } else expect(refused).toBeInstanceOf(NetlinkError);
      }),
    );
  });

  test('an entry without a reply tuple is named by its original tuple, and one without any tuple is refused', () => {
    const writer = new MessageWriter();
    writer.begin(1, 0, 0, 1, 2).u32(12, 7).end();
    const cursor = new EntryCursor(writer.bytes(), writer.length);
    cursor.next();
    const deletions = new EntryDeletions();
    expect(() => deletions.add(cursor)).toThrow(expect.objectContaining({ code: 'TUPLE_INCOMPLETE' }));
    expect(deletions.count).toBe(0);
  });

  test('each request has a sequence number of its own; only the last one of a window is acknowledged', () => {
    const deletions = new EntryDeletions();
    const writer = new MessageWriter();
    for (let i = 1; i <= 5; i++) writeFlow(writer, 1, { ...udp(i), reply: udp(i).original, id: i } as never);
    const cursor = new EntryCursor(writer.bytes(), writer.length);
    while (cursor.next()) deletions.add(cursor);
    expect(deletions.count).toBe(5);
    const flags = (from: number, to: number) => {
      const bytes = deletions.window(from, to);
      return [...messages(bytes, bytes.length)].map(({ sequence, flags }) => [sequence, flags]);
    };
    expect(flags(0, 2)).toEqual([
      [1, REQUEST],
      [2, REQUEST | ACK],
    ]);
    expect(flags(2, 5)).toEqual([
      [3, REQUEST],
      [4, REQUEST],
      [5, REQUEST | ACK],
    ]);
    expect(deletions.clear().count).toBe(0);
  });
});

describe('entries of a dump', () => {
  test('those that were added are deleted, and no other; one that ended is gone', async context => {
    const conntrack = privateTable(context);
    const nat = { nat: { dst: { address: '10.9.0.1', port: 8080 } } };
    for (let i = 1; i <= 1300; i++) await conntrack.create(i % 3 === 0 ? tcp(i, nat) : udp(i, { zone: i % 2 }));
    const deletions = new EntryDeletions();
    const ended: number[] = [];
    for await (const slab of conntrack.dump({ reuse: true })) {
      const cursor = slab.cursor();
      while (cursor.next()) {
        if (cursor.port(0) % 10 === 0) continue;
        if (cursor.port(0) % 100 === 1) {
          ended.push(deletions.count);
          await conntrack.delete(cursor.ref());
        }
        deletions.add(cursor);
      }
    }
    const outcomes = await conntrack.deleteEntries(deletions);
    expect(outcomes).toHaveLength(deletions.count);
    expect(ended.length).toBeGreaterThan(0);
    expect(outcomes.flatMap(({ outcome }, i) => (outcome === 'gone' ? [i] : []))).toEqual(ended);
    expect(outcomes.every(({ outcome }) => outcome === 'done' || outcome === 'gone')).toBe(true);
    for await (const { original } of conntrack.list()) expect(original.sport! % 10).toBe(0);
    expect((await conntrack.count()).count).toBeGreaterThan(100);
  });

  test('nothing is sent for none, and after the signal', async context => {
    const conntrack = privateTable(context);
    expect(await conntrack.deleteEntries(new EntryDeletions())).toEqual([]);
    await conntrack.create(udp(1));
    const deletions = new EntryDeletions();
    for await (const slab of conntrack.dump()) {
      const cursor = slab.cursor();
      while (cursor.next()) deletions.add(cursor);
    }
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(conntrack.deleteEntries(deletions, { signal })).rejects.toThrow('enough');
    expect((await conntrack.count()).count).toBe(1);
    await expect(conntrack.deleteEntries(deletions, { sginal: signal } as never)).rejects.toThrow(/sginal/);
  });
});
