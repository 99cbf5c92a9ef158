import { describe, expect, it } from 'vitest';
import { readFlowtable } from '../../src/wire/flowtables.js';
import { messages } from '../../src/wire/message.js';

/** An attribute with its padding. */
const attribute = (type: number, payload: Buffer): Buffer => {
  const header = Buffer.alloc(4);
  header.writeUInt16LE(payload.length + 4, 0);
  header.writeUInt16LE(type, 2);
  return Buffer.concat([header, payload, Buffer.alloc(-payload.length & 3)]);
};
const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

/** NFT_MSG_NEWFLOWTABLE of a family, as a little-endian kernel sends it in a dump. */
function message(family: number, ...attributes: Buffer[]): Uint8Array {
  const body = Buffer.concat([Buffer.from([family, 0, 0, 7]), ...attributes]);
  const header = Buffer.alloc(16);
  header.writeUInt32LE(16 + body.length, 0);
  header.writeUInt16LE((10 << 8) | 22, 4);
  return new Uint8Array(Buffer.concat([header, body]));
}
const read = (bytes: Uint8Array) => readFlowtable(bytes, [...messages(bytes)][0]!);
const names = [attribute(1, Buffer.from('fw\0')), attribute(2, Buffer.from('fast\0'))];

describe('flowtables', () => {
  it.each([
    [0, false, false],
    [1, false, true],
    [2, true, false],
    [3, true, true],
  ])('the flags %i of a flowtable are decoded', (flags, counter, hardware) => {
    const use = attribute(4, u32(9));
    const found = read(message(1, ...names, use, attribute(5, Buffer.alloc(8)), attribute(7, u32(flags))));
    expect(found).toEqual({ family: 'inet', table: 'fw', name: 'fast', counter, hardware });
  });
  it('a flowtable of an old kernel, without flags, has no counter', () => {
    expect(read(message(10, ...names))).toMatchObject({ family: 'ip6', counter: false, hardware: false });
    expect(read(message(99, ...names)).family).toBe('99');
  });
});
