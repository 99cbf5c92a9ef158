import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatIPv4, formatIPv6, ORIGINAL, packedParts, REPLY } from '../../src/codec.js';
import {
  checkKey,
  decodeKey,
  encodeKey,
  type Flow,
  type FlowKey,
  FlowKeyError,
  FlowObjectCursor,
  keyOf,
  looksLikeKey,
  splitNodeKey,
} from '../../src/index.js';

const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.integer({ min: 0, max: 0xffffffff });
const v4 = u32.map(formatIPv4);
const v6 = fc.tuple(u32, u32, u32, u32).map(words => formatIPv6(...words));

/** The text of a key with these bytes followed by zeros, as long as a key of IPv4 or one of IPv6. */
const padded =
  (length: number) =>
  (...given: number[]): string =>
    Buffer.from([...given, ...new Array<number>(length - given.length).fill(0)]).toString('base64url');
const bytes = padded(21);
const longer = padded(45);

const half = fc.constantFrom(6, 17, 132, 1, 58, 47, 50).chain(protonum => {
  const octet = fc.integer({ min: 0, max: 255 });
  const fields =
    protonum === 1 || protonum === 58
      ? fc.record({ type: octet, code: octet, id: u16 })
      : protonum === 47
        ? fc.record({ srckey: u16, dstkey: u16 })
        : protonum === 50
          ? fc.constant({})
          : fc.record({ sport: u16, dport: u16 });
  return fields.map(values => ({ protonum, values }));
});
const zone = fc.integer({ min: 1, max: 0xffff });
const zones = fc.oneof(
  fc.constant({}),
  zone.map(value => ({ zone: value })),
  zone.map(value => ({ replyZone: value })),
  zone.map(value => ({ originalZone: value })),
);

const keys: fc.Arbitrary<FlowKey> = fc
  .tuple(fc.constantFrom('ipv4' as const, 'ipv6' as const), half, zones, u32)
  .chain(([family, { protonum, values }, zoned, id]) =>
    fc.tuple(family === 'ipv4' ? v4 : v6, family === 'ipv4' ? v4 : v6).map(([src, dst]) => {
      const { originalZone, ...flowZones } = zoned as { originalZone?: number; zone?: number; replyZone?: number };
      const original = { src, dst, ...values, ...(originalZone !== undefined && { zone: originalZone }) };
      return { family, protonum, original, ...flowZones, id };
    }),
  );

describe('keys', () => {
  it('a key decodes to what was encoded, and is safe in a URL', () => {
    fc.assert(
      fc.property(keys, key => {
        const text = encodeKey(key);
        expect(text).toMatch(/^ct1\.[A-Za-z0-9_-]+$/);
        expect(decodeKey(text)).toEqual(key);
      }),
    );
  });
  it('the parts of a tuple are packed as in its key, and are 0 where they are unknown', () => {
    fc.assert(
      fc.property(keys, key => {
        const { protonum, original, family } = key;
        const { src, dst } = original;
        const flow = { family, protonum, protocol: '', original, reply: { src: dst, dst: src } } as Flow;
        const cursor = new FlowObjectCursor(flow);
        const bytes = Buffer.from(encodeKey(key).slice('ct1.'.length), 'base64url');
        expect(packedParts(cursor, ORIGINAL, protonum)).toBe(bytes.readUInt32BE(bytes.length - 8));
        expect(packedParts(cursor, REPLY, protonum)).toBe(0);
        cursor.move({ ...flow, reply: original });
        expect(packedParts(cursor, REPLY, protonum)).toBe(bytes.readUInt32BE(bytes.length - 8));
      }),
    );
  });
  it('keys of different connections differ', () => {
    fc.assert(
      fc.property(keys, keys, (one, other) => {
        const same = JSON.stringify(decodeKey(encodeKey(one))) === JSON.stringify(decodeKey(encodeKey(other)));
        expect(encodeKey(one) === encodeKey(other)).toBe(same);
      }),
    );
  });
  it.each([
    '',
    'ct1.',
    'ct2.AAAA',
    'ct1.AQAAAgYBAgMEBQYHCAAKABQAAAA',
    'ct1.AQAAAgYBAgMEBQYHCAAKABQAAAA!',
    `ct1.${'A'.repeat(28)}`,
    `ct1.${'é'.repeat(28)}`,
  ])('decoding %j throws a FlowKeyError', text => expect(() => decodeKey(text)).toThrow(FlowKeyError));
  it.each([
    ['CT1.AAAA', "not a flow key: it must begin with 'ct1.'"],
    ['ct1.AAAA', "not a flow key: 4 characters after 'ct1.', expected 28 or 60"],
    [`ct1.${'A'.repeat(27)}!`, 'not a flow key: character 32 is not base64url'],
    [`ct1.=${'A'.repeat(27)}`, 'not a flow key: character 5 is not base64url'],
    [`ct1.${'é'.repeat(28)}`, 'not a flow key: character 5 is not base64url'],
    [`ct1.${'\u2192'.repeat(28)}`, 'not a flow key: character 5 is not base64url'],
    // Bytes: direction, zone (2), family, protocol, …
    [`ct1.${bytes(0, 0, 0, 2, 6)}`, 'not a flow key: unknown layout'],
    [`ct1.${bytes(4, 0, 0, 2, 6)}`, 'not a flow key: unknown layout'],
    [`ct1.${bytes(1, 0, 0, 3, 6)}`, 'not a flow key: its family does not match its length'],
    [`ct1.${bytes(1, 0, 0, 10, 6)}`, 'not a flow key: its family does not match its length'],
    [`ct1.${longer(1, 0, 0, 3, 6)}`, 'not a flow key: its family does not match its length'],
    [`ct1.${longer(1, 0, 0, 2, 6)}`, 'not a flow key: its family does not match its length'],
    [
      `ct1.${bytes(1, 0, 0, 2, 50, 1, 1, 1, 1, 2, 2, 2, 2, 0, 0, 0, 1)}`,
      'not a flow key: its protocol has no ports, but the key has ports',
    ],
  ])('decoding %j throws an error with its reason', (text, message) => {
    expect(() => decodeKey(text)).toThrow(
      expect.objectContaining({ name: 'FlowKeyError', code: 'KEY_INVALID', key: text, message }) as Error,
    );
  });
  it('a key stores a zone of one direction', () => {
    for (const [direction, zoned] of [
      [1, { zone: 7 }],
      [3, { replyZone: 7 }],
    ] as const)
      expect(decodeKey(`ct1.${bytes(direction, 0, 7, 2, 50)}`)).toMatchObject(zoned);
    expect(decodeKey(`ct1.${bytes(2, 0, 7, 2, 50)}`)).toMatchObject({ original: { zone: 7 } });
  });
  it('a key cannot be made from an address of another family, half a number, or an unknown member', () => {
    const key: FlowKey = { family: 'ipv4', protonum: 6, original: { src: '192.0.2.1', dst: '192.0.2.2' }, id: 1 };
    const of = (more: object) => () => encodeKey({ ...key, ...more } as FlowKey);
    expect(of({ family: 'ipv6' })).toThrow(new TypeError("'192.0.2.1' is not an IPv6 address"));
    expect(of({ original: { src: '192.0.2.1', dst: '::1' } })).toThrow(new TypeError("'::1' is not an IPv4 address"));
    expect(of({ zones: 1 })).toThrow(
      expect.objectContaining({
        code: 'OPTION_INVALID',
        message: expect.stringContaining("unknown key 'zones'"),
      }) as Error,
    );
    expect(decodeKey(encodeKey({ ...key, protonum: 50 }))).toEqual({ ...key, protonum: 50 });
  });
  it('a flow without an id has no key', () => {
    const flow = { family: 'ipv4', protocol: '', protonum: 6, original: { src: '192.0.2.1', dst: '192.0.2.2' } };
    expect(keyOf({ ...flow, reply: { src: '', dst: '' } } as Flow)).toBeUndefined();
    expect(keyOf({ ...flow, reply: { src: '', dst: '' }, id: 0 } as Flow)).toMatch(/^ct1\./);
  });
  it('decoding any text returns a key or throws a FlowKeyError', () => {
    const near = fc
      .string({ unit: fc.constantFrom(...'ABab01-_=é.'), minLength: 28, maxLength: 28 })
      .map(text => `ct1.${text}`);
    fc.assert(
      fc.property(fc.oneof(fc.string(), near), text => {
        try {
          encodeKey(decodeKey(text));
        } catch (error) {
          expect(error).toBeInstanceOf(FlowKeyError);
        }
      }),
    );
  });
  it('encoding an address of the other family throws a TypeError', () => {
    expect(() => encodeKey({ family: 'ipv6', protonum: 6, original: { src: '1.2.3.4', dst: '::1' }, id: 1 })).toThrow(
      TypeError,
    );
  });
});

it('a key cannot be made from a reference with an unknown member, because it would name another connection', () => {
  const key = {
    family: 'ipv4',
    protonum: 6,
    original: { src: '192.0.2.1', dst: '192.0.2.2', sport: 1, dport: 2 },
    id: 1,
  };
  expect(() => encodeKey({ ...key, zoen: 7 } as never)).toThrow("encodeKey: unknown key 'zoen'. Did you mean 'zone'?");
  expect(() => encodeKey({ ...key, original: { ...key.original, sprt: 3 } } as never)).toThrow("Did you mean 'sport'?");
});

describe('keys of a fleet', () => {
  const own = encodeKey({
    family: 'ipv4',
    protonum: 6,
    original: { src: '192.0.2.1', dst: '192.0.2.2', sport: 1, dport: 2 },
    id: 7,
  });

  it('a key with a node is the name of the node and the key on this host', () => {
    const key = encodeKey({ ...decodeKey(own), node: 'gw-7' });
    expect(key).toBe(`gw-7.${own}`);
    expect(splitNodeKey(key)).toEqual({ node: 'gw-7', key: own });
    expect(splitNodeKey(own)).toEqual({ key: own });
    expect([key, own, `x${own}`, '.ct1.', 'dport=1'].map(looksLikeKey)).toEqual([true, true, false, false, false]);
    expect(() => checkKey(key)).not.toThrow();
    expect(() => checkKey(`gw-7.${own}x`)).toThrow(FlowKeyError);
  });

  it('the table of one host refuses the key of a fleet, and says which key it would be there', () => {
    expect(() => decodeKey(`gw-7.${own}`)).toThrow(
      `not a flow key: it names the node 'gw-7' of a fleet, and this is the table of one host. On 'gw-7', the key is '${own}'`,
    );
  });
});
