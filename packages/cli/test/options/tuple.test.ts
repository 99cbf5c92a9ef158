import { describe, expect, it } from 'vitest';
import { hasTuple, tupleOf, withCanonicalNames } from '../../src/options/tuple.js';
import { sameTuple } from '../../src/source/same-tuple.js';

const ends = { src: '192.0.2.1', dst: '198.51.100.1' };

describe('tuples from options', () => {
  it('a tuple of TCP or UDP has ports', () =>
    expect(tupleOf({ ...ends, proto: 'tcp', sport: '1', dport: '2', zone: '7' })).toEqual({
      family: 'ipv4',
      protonum: 6,
      tuple: { ...ends, sport: 1, dport: 2 },
      zone: 7,
    }));

  it('a tuple of ICMP is an echo request by default', () => {
    expect(tupleOf({ ...ends, proto: 'icmp', icmpId: '9' }).tuple).toEqual({ ...ends, type: 8, code: 0, id: 9 });
    expect(tupleOf({ src: '::1', dst: '::2', proto: 'icmpv6' }).tuple).toMatchObject({ type: 128, code: 0, id: 0 });
  });

  it('a tuple of GRE has keys, and other protocols have addresses only', () => {
    expect(tupleOf({ ...ends, proto: 'gre', srckey: '0x10', dstkey: '2' }).tuple).toEqual({
      ...ends,
      srckey: 16,
      dstkey: 2,
    });
    expect(tupleOf({ ...ends, proto: '50' }).tuple).toEqual(ends);
  });

  it.each([
    [{ ...ends }, '--proto missing'],
    [{ proto: 'tcp' }, '--src and --dst missing'],
    [{ ...ends, proto: 'tcp', sport: '1' }, '--dport missing'],
    [{ ...ends, proto: 'gre', srckey: '1' }, '--dstkey missing'],
    [{ ...ends, proto: 'udp', sport: '1', dport: '2', icmpType: '8' }, '--icmp-type is not valid for protocol udp'],
    [{ ...ends, proto: 'esp', sport: '1' }, '--sport is not valid for protocol esp'],
    [{ src: '192.0.2.1', dst: '::1', proto: 'esp' }, '--src is an ipv4 address, but --dst is an ipv6 address'],
  ])('%j: %s', (options, message) => expect(() => tupleOf(options)).toThrow(message));

  it('hasTuple finds out whether any part of a tuple was given', () => {
    expect(hasTuple({ zone: '7' })).toBe(false);
    expect(hasTuple({ dport: '7' })).toBe(true);
  });
});

it('other names of conntrack(8) are accepted up to --', () =>
  expect(withCanonicalNames(['get', '--orig-src', 'x', '--orig-port-dst=5', '--', '--orig-src'])).toEqual([
    'get',
    '--src',
    'x',
    '--dport=5',
    '--',
    '--orig-src',
  ]));

it('tuples are compared by value, not by spelling', () => {
  expect(sameTuple({ src: '::ffff:192.0.2.1', dst: '2001:db8::0' }, { src: '192.0.2.1', dst: '2001:DB8::' })).toBe(
    true,
  );
  expect(sameTuple({ ...ends, sport: 1 }, { ...ends, sport: 2 })).toBe(false);
});
