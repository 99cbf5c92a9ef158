import type { StatusName, Tuple } from '@conntrack/flow';
import { describe, expect, it } from 'vitest';
import { compileFilter } from '../../src/compile.js';
import { parseQuery } from '../../src/index.js';
import { cursorOf } from './flows.js';

/** The kinds of NAT that a flow shows: `src`, `dst`, `any`, `none`, and whether `nat` exists. */
function kinds(original: Tuple, reply: Tuple, status?: readonly StatusName[]): string {
  const cursor = cursorOf({
    family: original.src.includes(':') ? 'ipv6' : 'ipv4',
    original,
    reply,
    status: status && [...status],
  });
  const found = ['src', 'dst', 'any', 'none'].filter(kind => compileFilter(parseQuery(`nat=${kind}`).filter)(cursor));
  for (const kind of ['src', 'dst', 'any'])
    expect(compileFilter(parseQuery(`${kind}-nat`).filter)(cursor), kind).toBe(found.includes(kind));
  expect(compileFilter(parseQuery('nat.exists=true').filter)(cursor)).toBe(found.includes('any'));
  return found.join(' ');
}

const four: Tuple = { src: '192.0.2.1', dst: '192.0.2.2', sport: 1000, dport: 80 };
const fourBack: Tuple = { src: '192.0.2.2', dst: '192.0.2.1', sport: 80, dport: 1000 };
const six: Tuple = { src: '2001:db8::1', dst: '2001:db8::2', sport: 1000, dport: 80 };
const sixBack: Tuple = { src: '2001:db8::2', dst: '2001:db8::1', sport: 80, dport: 1000 };

describe('NAT by the tuples', () => {
  it('there is no NAT if the reply is the original tuple inverted', () => {
    expect(kinds(four, fourBack)).toBe('none');
    expect(kinds(six, sixBack)).toBe('none');
  });
  it('NAT of IPv4 shows as another address or port in the reply', () => {
    expect(kinds(four, { ...fourBack, dst: '203.0.113.1' })).toBe('src any');
    expect(kinds(four, { ...fourBack, dport: 1001 })).toBe('src any');
    expect(kinds(four, { ...fourBack, src: '10.0.0.1' })).toBe('dst any');
    expect(kinds(four, { ...fourBack, sport: 8080 })).toBe('dst any');
    expect(kinds(four, { ...fourBack, src: '10.0.0.1', dst: '203.0.113.1' })).toBe('src dst any');
  });
  it.each(['3001:db8::', '2001:db8:0:1::', '2001:db8:0:0:1::', '2001:db8::9:0:0', '2001:db8::5'])(
    'NAT of IPv6 shows in every part of the address: %s',
    base => {
      const translated = base.endsWith('::') ? [`${base}1`, `${base}2`] : [base, base];
      expect(kinds(six, { ...sixBack, dst: translated[0]! })).toBe('src any');
      expect(kinds(six, { ...sixBack, src: translated[1]! })).toBe('dst any');
    },
  );
  it('NAT of ICMP shows as another id in the reply, and belongs to the source', () => {
    const ping: Tuple = { src: '192.0.2.1', dst: '192.0.2.2', type: 8, code: 0, id: 7 };
    const pong: Tuple = { src: '192.0.2.2', dst: '192.0.2.1', type: 0, code: 0, id: 7 };
    expect(kinds(ping, pong)).toBe('none');
    expect(kinds(ping, { ...pong, id: 8 })).toBe('src any');
  });
});

describe('NAT by tuples and status', () => {
  const both: Tuple = { ...fourBack, src: '10.0.0.1', dst: '203.0.113.1' };
  it.each<[StatusName[], string]>([
    [['CONFIRMED', 'SRC_NAT'], 'src any'],
    [['CONFIRMED', 'DST_NAT'], 'dst any'],
    [['CONFIRMED', 'SRC_NAT', 'DST_NAT'], 'src dst any'],
    [['CONFIRMED'], 'none'],
    // Text shows neither NAT bits nor CONFIRMED.
    [['SEEN_REPLY'], 'src dst any'],
    [[], 'src dst any'],
  ])('NAT with the status %j is: %s', (status, expected) => {
    expect(kinds(four, both, status)).toBe(expected);
  });
  it('there is no NAT if only the status says so and the tuples show no change', () => {
    expect(kinds(four, fourBack, ['CONFIRMED', 'SRC_NAT', 'DST_NAT'])).toBe('none');
  });
});

describe('the address and port after NAT', () => {
  const passes = (query: string, reply: Tuple): boolean =>
    compileFilter(parseQuery(query).filter)(cursorOf({ original: four, reply }));
  const masqueraded: Tuple = { ...fourBack, dst: '203.0.113.1', dport: 5000 };
  const forwarded: Tuple = { ...fourBack, src: '10.0.0.1', sport: 8080 };

  it.each([
    ['src-nat=203.0.113.1', true, false],
    ['src-nat=203.0.113.1:5000', true, false],
    ['src-nat=203.0.113.1:1000', false, false],
    ['src-nat=192.0.2.1', false, false],
    ['src-nat=192.0.2.9,203.0.113.0/24', true, false],
    ['dst-nat=10.0.0.1', false, true],
    ['dst-nat=10.0.0.1:8080', false, true],
    ['dst-nat=10.0.0.1:80', false, false],
    ['dst-nat=203.0.113.1', false, false],
    ['any-nat=203.0.113.1', true, false],
    ['any-nat=10.0.0.0/8:8080', false, true],
    // An address that is not translated is not an address after NAT.
    ['any-nat=192.0.2.2', false, false],
    ['any-nat=192.0.2.1', false, false],
  ])('%s of a masqueraded flow: %s, of a forwarded one: %s', (query, source, destination) => {
    expect([passes(query, masqueraded), passes(query, forwarded)]).toEqual([source, destination]);
  });
});
