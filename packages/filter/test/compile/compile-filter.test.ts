import { type Flow, FlowObjectCursor, type StatusName } from '@conntrack/flow';
import { describe, expect, it } from 'vitest';
import { compileFilter } from '../../src/compile.js';
import { parseQuery } from '../../src/index.js';
import { cursorOf } from './flows.js';

type Members = { [Name in keyof Flow]?: Flow[Name] | undefined };
const passes = (query: string, members: Members = {}): boolean =>
  compileFilter(parseQuery(query).filter)(cursorOf(members));

describe('a pair of ends', () => {
  const original = { src: '10.0.0.1', dst: '192.0.2.2', sport: 1000, dport: 80 };
  const reply = { src: '172.16.0.2', dst: '203.0.113.1', sport: 80, dport: 1000 };
  it.each([
    ['10.0.0.1,192.0.2.2', true],
    ['192.0.2.2,10.0.0.1', true],
    ['172.16.0.2,203.0.113.1', true],
    ['203.0.113.1,172.16.0.2', true],
    // One end of the original direction and one of the reply direction.
    ['10.0.0.1,203.0.113.1', false],
    ['10.0.0.1,172.16.0.2', false],
    // The same end twice.
    ['10.0.0.1,10.0.0.0/8', false],
    ['192.0.2.2,192.0.2.0/24', false],
    ['10.0.0.1,8.8.8.8', false],
    ['8.8.8.8,192.0.2.2', false],
    ['192.0.2.2,8.8.8.8', false],
    ['8.8.8.8,10.0.0.1', false],
  ])('pair=%s: %s', (pair, expected) => {
    expect(passes(`pair=${pair}`, { original, reply })).toBe(expected);
  });
});

describe('bits of the status', () => {
  it.each<[string, StatusName[] | undefined, boolean]>([
    ['status.exists=true', undefined, false],
    ['status.exists=true', [], true],
    ['status.exists=true', ['ASSURED'], true],
    ['status.exists=false', [], false],
    ['status=assured', undefined, false],
    ['status=assured', [], false],
    ['status=assured,confirmed', ['CONFIRMED'], true],
    ['status.all=assured,confirmed', ['CONFIRMED'], false],
    ['status.all=assured,confirmed', ['CONFIRMED', 'ASSURED'], true],
    ['unreplied', undefined, false],
    ['unreplied', [], true],
    ['unreplied', ['SEEN_REPLY'], false],
    ['unreplied', ['CONFIRMED'], true],
    ['assured', ['ASSURED'], true],
    ['assured', ['SEEN_REPLY'], false],
    ['offload', ['OFFLOAD'], true],
    ['offload', ['HW_OFFLOAD'], true],
    ['offload', ['ASSURED', 'CONFIRMED'], false],
  ])('the test %s of the status %j: %s', (query, status, expected) => {
    expect(passes(query, { status })).toBe(expected);
  });
});

/** Returns −1 or `undefined` for everything: a flow of which nothing is known. */
const unknown = new Proxy(cursorOf(), { get: () => () => -1 });

it('an absent address does not exist', () => {
  for (const field of ['src', 'dst', 'reply.src', 'reply.dst', 'addr']) {
    expect(passes(`${field}.exists=true`), field).toBe(true);
    expect(compileFilter(parseQuery(`${field}.exists=true`).filter)(unknown), field).toBe(false);
  }
});

it('no test over an absent number is true, and the negation of every such test is', () => {
  for (const field of ['mark', 'zone', 'timeout', 'bytes', 'start', 'icmp.type', 'id'])
    for (const op of ['', '.lt', '.lte', '.gt', '.gte']) {
      const { filter } = parseQuery(`${field}${op}=${field === 'start' ? '2026-01-01' : '1'}`);
      expect(compileFilter(filter)(unknown), field + op).toBe(false);
      expect(compileFilter({ kind: 'not', term: filter })(unknown), field + op).toBe(true);
    }
});

it('a zone of 0 means no zone: it equals 0, and does not exist', () => {
  expect([passes('zone=0'), passes('zone.exists=true'), passes('zone.exists=true', { zone: 1 })]).toEqual([
    true,
    false,
    true,
  ]);
  expect(passes('mark.exists=true', { mark: 0 })).toBe(true);
});

it('the sum of both directions is the known one, if the other is absent', () => {
  const end = (src: string, dst: string, bytes?: number): Flow['original'] => ({
    src,
    dst,
    ...(bytes !== undefined && { bytes }),
  });
  const bytes = (original?: number, reply?: number): number | undefined =>
    [0, 3, 4, 5, 7, 9].find(sum =>
      passes(`bytes=${sum}`, {
        original: end('192.0.2.1', '192.0.2.2', original),
        reply: end('192.0.2.2', '192.0.2.1', reply),
      }),
    );
  expect([bytes(4, 5), bytes(4), bytes(undefined, 5), bytes(0, 5), bytes(4, 0), bytes(0, 0), bytes()]).toEqual([
    9,
    4,
    5,
    5,
    4,
    0,
    undefined,
  ]);
});

describe('the age', () => {
  const started = { start: '2026-06-01T12:00:00Z' };
  const at = (query: string, now: string, members: Members = started): boolean =>
    compileFilter(parseQuery(query).filter, { now: () => Date.parse(now) })(cursorOf(members));

  it('the age is the time since the start, by the given clock', () => {
    expect(at('age=60', '2026-06-01T12:01:00Z')).toBe(true);
    expect(at('age<60', '2026-06-01T12:01:00Z')).toBe(false);
    expect(at('age=1500ms', '2026-06-01T12:00:01.500Z')).toBe(true);
  });
  it('the age is 0 if the clock is behind the start, and unknown without a start', () => {
    expect(at('age=0', '2026-06-01T11:59:00Z')).toBe(true);
    expect(at('age>=0', '2026-06-01T12:01:00Z', {})).toBe(false);
  });
  it('the age of a flow in a capture is the age that the capture gives', () => {
    const cursor = Object.assign(cursorOf(started), { age: () => 5 });
    const { filter } = parseQuery('age=5');
    expect(compileFilter(filter, { now: () => Date.parse('2026-06-01T13:00:00Z') })(cursor)).toBe(true);
    Object.assign(cursor, { age: () => -1 });
    expect(compileFilter(filter, { now: () => Date.parse('2026-06-01T12:00:05Z') })(cursor)).toBe(true);
  });
  it('the age of a capture counts even if it is 0, and a cursor without an age uses the start', () => {
    const { filter } = parseQuery('age=0');
    const now = { now: () => Date.parse('2026-06-01T12:00:05Z') };
    expect(compileFilter(filter, now)(Object.assign(cursorOf(started), { age: () => 0 }))).toBe(true);
    const ageless = Object.assign(cursorOf(started), { age: undefined });
    expect(compileFilter(parseQuery('age=5').filter, now)(ageless as never)).toBe(true);
  });
  it('the age counts from 1970 if the start is 1970', () => {
    expect(at('age=60', '1970-01-01T00:01:00Z', { start: '1970-01-01T00:00:00Z' })).toBe(true);
  });
  it('the default clock is that of the machine', () => {
    const ago = new Date(Date.now() - 3_600_000).toISOString();
    expect(passes('age>=3600&age<7200', { start: ago })).toBe(true);
  });
});

/** The methods that a predicate called on one flow. */
function reads(query: string, members: Members = {}): string[] {
  const called: string[] = [];
  const cursor = cursorOf(members);
  const recording = new Proxy(cursor, {
    get: (_, name: keyof FlowObjectCursor) => {
      const method = cursor[name] as (...parameters: unknown[]) => unknown;
      return (...parameters: unknown[]) => {
        called.push(name);
        return method.apply(cursor, parameters);
      };
    },
  });
  compileFilter(parseQuery(query).filter)(recording);
  return [...new Set(called)];
}

it('the cheap test of a filter is evaluated first, wherever it is written', () => {
  expect(reads('helper=ftp&src=10.0.0.0/8&proto=udp')).toEqual(['protonum']);
  expect(reads('src=10.0.0.0/8&dport=53')).toEqual(['port']);
  // Four addresses are more expensive than NAT, which is more expensive than one address.
  expect(reads('addr=10.0.0.1&src-nat')).not.toContain('helper');
  expect(reads('addr=10.0.0.1&nat=src', { status: ['CONFIRMED'] })).toEqual(['status']);
  expect(reads('nat=src&src=10.0.0.1', { status: ['CONFIRMED'] })).toEqual(['word']);
});

it('every field of a flow reads its own part of it', () => {
  const flow: Flow = {
    family: 'ipv4',
    protocol: 'sctp',
    protonum: 132,
    original: { src: '10.0.0.1', dst: '10.0.0.2', sport: 1, dport: 2, packets: 3, bytes: 4, zone: 5 },
    reply: { src: '10.0.0.3', dst: '10.0.0.4', sport: 6, dport: 7, packets: 8, bytes: 9, zone: 10 },
    state: 'ESTABLISHED',
    status: ['ASSURED'],
    mark: 11,
    secmark: 12,
    use: 13,
    id: 14,
    timeout: 15,
    portid: 16,
    labels: [17],
    helper: 'helper-name',
    secctx: 'secctx-name',
    start: '2026-01-01T00:00:00Z',
    stop: '2026-01-02T00:00:00Z',
    protoinfo: { vtag: { original: 18, reply: 19 } },
  };
  const cursor = new FlowObjectCursor(flow);
  for (const query of [
    ...['family=ipv4', 'proto=sctp', 'src=10.0.0.1', 'dst=10.0.0.2', 'reply.src=10.0.0.3', 'reply.dst=10.0.0.4'],
    ...['sport=1', 'dport=2', 'reply.sport=6', 'reply.dport=7', 'orig.packets=3', 'orig.bytes=4', 'orig.zone=5'],
    ...['reply.packets=8', 'reply.bytes=9', 'reply.zone=10', 'packets=11', 'bytes=13', 'state=sctp:ESTABLISHED'],
    ...['mark=11', 'secmark=12', 'use=13', 'id=14', 'timeout=15', 'portid=16', 'label=17', 'helper=helper-name'],
    ...['secctx=secctx-name', 'start=2026-01-01', 'stop=2026-01-02', 'orig.sctp.vtag=18', 'reply.sctp.vtag=19'],
    ...['sctp.vtag=18', 'sctp.vtag=19', 'port=1', 'port=2', 'port=6', 'port=7'],
    ...['addr=10.0.0.1', 'addr=10.0.0.2', 'addr=10.0.0.3', 'addr=10.0.0.4'],
  ]) {
    const { filter } = parseQuery(query);
    expect(compileFilter(filter)(cursor), query).toBe(true);
    expect(compileFilter({ kind: 'not', term: filter })(cursor), query).toBe(false);
  }
});

it('fields of other protocols read their own part of the tuples', () => {
  const ping = cursorOf({
    protonum: 1,
    original: { src: '10.0.0.1', dst: '10.0.0.2', type: 8, code: 1, id: 2 },
    reply: { src: '10.0.0.2', dst: '10.0.0.1', type: 0, code: 3, id: 4 },
  });
  const gre = cursorOf({
    protonum: 47,
    original: { src: '10.0.0.1', dst: '10.0.0.2', srckey: 1, dstkey: 2 },
    reply: { src: '10.0.0.2', dst: '10.0.0.1', srckey: 3, dstkey: 4 },
  });
  const dccp = cursorOf({ protonum: 33, protoinfo: { role: 'server' } });
  const cases = [
    [ping, ['icmp.type=8', 'icmp.code=1', 'icmp.id=2'], ['icmp.type=0', 'icmp.code=3', 'icmp.id=4']],
    [
      gre,
      ['gre.srckey=1', 'gre.dstkey=2', 'reply.gre.srckey=3', 'reply.gre.dstkey=4'],
      ['gre.srckey=3', 'gre.dstkey=4'],
    ],
    [dccp, ['dccp.role=server'], ['dccp.role=client']],
  ] as const;
  for (const [cursor, yes, no] of cases) {
    for (const query of yes) expect(compileFilter(parseQuery(query).filter)(cursor), query).toBe(true);
    for (const query of no) expect(compileFilter(parseQuery(query).filter)(cursor), query).toBe(false);
  }
});
