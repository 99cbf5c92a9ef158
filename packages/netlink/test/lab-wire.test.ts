import { once } from 'node:events';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LITTLE } from '../src/endianness.js';
import { labAvailable } from '../src/lab/available.js';
import { Namespace } from '../src/lab/namespace.js';
import { addressBytes, sockaddr } from '../src/lab/sockaddr.js';
import { openDatagram } from '../src/lab/traffic/sockets.js';
import { type Attribute, encodeAttributes } from '../src/lab/wire/attributes.js';
import { addTables } from '../src/lab/wire/nftables.js';
import { addAddress, createVeth, LOOPBACK } from '../src/lab/wire/rtnetlink.js';

const reason = labAvailable();

/** The reverse of the encoder, by the description in netlink(7). */
function decode(bytes: Uint8Array): unknown[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: unknown[] = [];
  for (let at = 0; at < bytes.length; at += (view.getUint16(at, LITTLE) + 3) & ~3) {
    const type = view.getUint16(at + 2, LITTLE);
    const payload = bytes.slice(at + 4, at + view.getUint16(at, LITTLE));
    found.push([type & 0x7fff, (type & 0x8000) === 0 ? payload : decode(payload)]);
  }
  return found;
}

const { attributes } = fc.letrec<{ attributes: Attribute[]; attribute: Attribute }>(tie => ({
  attributes: fc.array(tie('attribute'), { maxLength: 4, depthIdentifier: 'nest' }),
  attribute: fc.tuple(
    fc.integer({ min: 0, max: 0x3fff }),
    fc.oneof({ depthIdentifier: 'nest', maxDepth: 3 }, fc.uint8Array({ maxLength: 40 }), tie('attributes')),
  ) as fc.Arbitrary<Attribute>,
}));

describe('netlink messages', () => {
  it('encodes attributes so that they can be read back, at any depth', () => {
    fc.assert(
      fc.property(attributes, list => {
        const bytes = encodeAttributes(list);
        expect(bytes.length % 4).toBe(0);
        expect(decode(bytes)).toEqual(list);
      }),
    );
  });

  it('says its own length in every message', () => {
    const steps = [
      addAddress(2, 'ipv6', '2001:db8::1', 64),
      createVeth({ name: 'near', index: 2 }, { name: 'a-longer-name', index: 3 }, 7),
      ...addTables([{ family: 'inet', name: 't', chains: [{ name: 'c', hook: 'input', rules: [] }] }]),
    ];
    for (const { name, message } of steps)
      expect(new DataView(message.buffer).getUint32(0, LITTLE), name).toBe(message.length);
  });

  it('has addresses and ports in network order', () => {
    expect([...addressBytes('192.0.2.1')]).toEqual([192, 0, 2, 1]);
    expect([...addressBytes('2001:db8::1')]).toEqual([0x20, 1, 0xd, 0xb8, ...Array(11).fill(0), 1]);
    expect([...sockaddr('192.0.2.1', 443).subarray(2)]).toEqual([1, 187, 192, 0, 2, 1, ...Array(8).fill(0)]);
    expect(sockaddr('::1', 443)).toHaveLength(28);
    expect(() => addressBytes('192.0.2')).toThrow(RangeError);
  });
});

describe.skipIf(reason)(`what the kernel refuses${reason ? ` (${reason})` : ''}`, () => {
  it('names the step of several, and the errno', async () => {
    using namespace = Namespace.create();
    const address = addAddress(LOOPBACK, 'ipv4', '192.0.2.1', 32);
    const steps = [address, addAddress(LOOPBACK, 'ipv4', '192.0.2.2', 32), address];
    await expect(namespace.configure(steps)).rejects.toMatchObject({
      code: 'LAB_FAILED',
      step: 'add the address 192.0.2.1/32',
      errnoName: 'EEXIST',
    });
  });

  it('names the step of a packet filter batch, of which then nothing is done', async () => {
    using namespace = Namespace.create();
    const table = { family: 'inet', name: 't', chains: [{ name: 'c', rules: [] }] } as const;
    const broken = { ...table, chains: [{ name: 'c', rules: [[['no such expression', []]]] }] } as const;
    await expect(namespace.addTables([broken])).rejects.toMatchObject({
      step: 'add a rule to inet t c (no such expression)',
      errnoName: 'ENOENT',
    });
    await namespace.addTables([table]);
    await expect(namespace.addTables([table])).rejects.toMatchObject({
      step: 'add the table inet t',
      errnoName: 'EEXIST',
    });
  });

  it('opens UDP sockets although node says that they listen before anybody can wait for it', async () => {
    using namespace = Namespace.create();
    await namespace.loopbackUp();
    const socket = await openDatagram(namespace, { address: '127.0.0.1', port: 0 });
    socket.send('x', socket.address().port, '127.0.0.1');
    const [data] = (await once(socket, 'message')) as [Buffer];
    expect(data.toString()).toBe('x');
    await new Promise<void>(resolve => socket.close(() => resolve()));
  });
});
