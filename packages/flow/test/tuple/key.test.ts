import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeKey, encodeKey, type FlowKey, FlowKeyError, formatIPv4, formatIPv6 } from '../../src/index.js';

const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.integer({ min: 0, max: 0xffffffff });
const v4 = u32.map(formatIPv4);
const v6 = fc.tuple(u32, u32, u32, u32).map(words => formatIPv6(...words));

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
  it('decode to what was encoded, and are fit for a URL', () => {
    fc.assert(
      fc.property(keys, key => {
        const text = encodeKey(key);
        expect(text).toMatch(/^ct1\.[A-Za-z0-9_-]+$/);
        expect(decodeKey(text)).toEqual(key);
      }),
    );
  });
  it('differ when anything differs', () => {
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
  ])('%j is a FlowKeyError', text => expect(() => decodeKey(text)).toThrow(FlowKeyError));
  it('any text is a key or a FlowKeyError', () => {
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
  it('an address of the other family is a TypeError', () => {
    expect(() => encodeKey({ family: 'ipv6', protonum: 6, original: { src: '1.2.3.4', dst: '::1' }, id: 1 })).toThrow(
      TypeError,
    );
  });
});

it('a member that no reference has is refused: the key would name another connection', () => {
  const key = {
    family: 'ipv4',
    protonum: 6,
    original: { src: '192.0.2.1', dst: '192.0.2.2', sport: 1, dport: 2 },
    id: 1,
  };
  expect(() => encodeKey({ ...key, zoen: 7 } as never)).toThrow("encodeKey: unknown key 'zoen'. Did you mean 'zone'?");
  expect(() => encodeKey({ ...key, original: { ...key.original, sprt: 3 } } as never)).toThrow("Did you mean 'sport'?");
});
