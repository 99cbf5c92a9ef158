import { EVENT_TYPES, type Flow, type FlowEventType, FlowObjectCursor } from '@conntrack/flow';
import { describe, expect, it } from 'vitest';
import { compileForEvents, everyEventDecides, type Verdict } from '../../src/events.js';
import { ALL, FIELDS, type FieldName, parseFilter } from '../../src/index.js';

const words: Readonly<Record<Verdict, string>> = { 0: 'no', 1: 'yes', 2: 'unknown' };
const flow: Flow = {
  family: 'ipv4',
  protocol: 'tcp',
  protonum: 6,
  original: { src: '192.0.2.1', dst: '192.0.2.2', sport: 1, dport: 80 },
  reply: { src: '192.0.2.2', dst: '192.0.2.1', sport: 80, dport: 1 },
  status: ['CONFIRMED'],
};
const judge = (text: string, type: FlowEventType, members: Partial<Flow> = {}): string =>
  words[compileForEvents(parseFilter(text).filter)(new FlowObjectCursor().move({ ...flow, ...members }, type))];

/** For each field that events may leave out: a test that no absent value passes, the protocol that has the field, and the verdict for each event. */
const ABSENT: Partial<Record<FieldName, readonly [test: string, n: string, u: string, d: string, protonum?: number]>> =
  {
    state: ['state==ESTABLISHED', 'unknown', 'unknown', 'unknown'],
    label: ['label==1', 'no', 'unknown', 'unknown'],
    helper: ['helper==ftp', 'no', 'no', 'unknown'],
    secctx: ['secctx==x', 'no', 'no', 'unknown'],
    secmark: ['secmark==1', 'unknown', 'unknown', 'unknown'],
    timeout: ['timeout==1', 'no', 'no', 'unknown'],
    use: ['use==1', 'unknown', 'unknown', 'unknown'],
    bytes: ['bytes==1', 'unknown', 'unknown', 'no'],
    packets: ['packets==1', 'unknown', 'unknown', 'no'],
    'orig.bytes': ['orig.bytes==1', 'unknown', 'unknown', 'no'],
    'reply.bytes': ['reply.bytes==1', 'unknown', 'unknown', 'no'],
    'orig.packets': ['orig.packets==1', 'unknown', 'unknown', 'no'],
    'reply.packets': ['reply.packets==1', 'unknown', 'unknown', 'no'],
    rate: ['rate==1', 'unknown', 'unknown', 'unknown'],
    'orig.rate': ['orig.rate==1', 'unknown', 'unknown', 'unknown'],
    'reply.rate': ['reply.rate==1', 'unknown', 'unknown', 'unknown'],
    'first-seen': ['first-seen==2026-01-01', 'unknown', 'unknown', 'unknown'],
    age: ['age==1', 'unknown', 'unknown', 'no'],
    start: ['start==2026-01-01', 'unknown', 'unknown', 'no'],
    'sctp.vtag': ['sctp.vtag==1', 'unknown', 'unknown', 'unknown', 132],
    'orig.sctp.vtag': ['orig.sctp.vtag==1', 'unknown', 'unknown', 'unknown', 132],
    'reply.sctp.vtag': ['reply.sctp.vtag==1', 'unknown', 'unknown', 'unknown', 132],
    'dccp.role': ['dccp.role==client', 'unknown', 'unknown', 'unknown', 33],
  };

describe('a field that is not in an event', () => {
  it.each(Object.entries(ABSENT))(
    'a field that is missing from an event is judged: %s: %j',
    (_, [text, ...expected]) => {
      const protonum = expected[3] ?? 6;
      expect(EVENT_TYPES.map(type => judge(text, type, { protonum }))).toEqual(expected.slice(0, 3));
      // An unknown verdict stays unknown under `not`; a known one is inverted.
      const turned = expected.slice(0, 3).map(word => (word === 'no' ? 'yes' : word));
      expect(EVENT_TYPES.map(type => judge(`not ${text}`, type, { protonum }))).toEqual(turned);
    },
  );

  it('a field that the protocol does not have is absent, not unknown', () => {
    for (const text of ['state==ESTABLISHED', 'sctp.vtag==1', 'dccp.role==client'])
      expect(EVENT_TYPES.map(type => judge(text, type, { protonum: 17 }))).toEqual(['no', 'no', 'no']);
  });
});

describe('a field that stands in an event', () => {
  const start = '2026-01-01T00:00:00Z';
  it.each<[string, string, Partial<Flow>]>([
    ['helper==ftp', 'helper!=ftp', { helper: 'ftp' }],
    ['secctx==x', 'secctx!=x', { secctx: 'x' }],
    ['secmark==0', 'secmark!=0', { secmark: 0 }],
    ['use==2', 'use!=2', { use: 2 }],
    ['timeout==0', 'timeout!=0', { timeout: 0 }],
    ['label==1', 'label!=1', { labels: [1] }],
    ['bytes==0', 'bytes!=0', { original: { ...flow.original, bytes: 0 } }],
    ['start==2026-01-01', 'start!=2026-01-01', { start }],
    ['age>1d', 'not age>1d', { start }],
    ['sctp.vtag==7', 'sctp.vtag!=7', { protonum: 132, protoinfo: { vtag: { reply: 7 } } }],
    ['dccp.role==client', 'dccp.role!=client', { protonum: 33, protoinfo: { role: 'client' } }],
    ['mark==7', 'mark!=7', { mark: 7 }],
    ['mark==0', 'mark!=0', { mark: 0 }],
    ['assured', 'not assured', { status: ['CONFIRMED', 'ASSURED'] }],
    ['status==SEEN_REPLY', 'status!=SEEN_REPLY', { status: ['SEEN_REPLY'] }],
  ])('a field in an event decides %s and %s in every event', (yes, no, members) => {
    for (const type of EVENT_TYPES) {
      expect(judge(yes, type, members), type).toBe('yes');
      expect(judge(no, type, members), type).toBe('no');
    }
  });
  it('a field with several parts is judged by the known part', () => {
    const members = { protonum: 132, protoinfo: { vtag: { original: 5 } } };
    expect(judge('sctp.vtag==5', 'update', members)).toBe('yes');
    expect(judge('orig.sctp.vtag==5', 'update', members)).toBe('yes');
    expect(judge('reply.sctp.vtag==5', 'update', members)).toBe('unknown');
  });
});

describe('tests of an event that are joined', () => {
  it.each([
    ['dport==80 and label==1', 'unknown'],
    ['label==1 and dport==80', 'unknown'],
    ['dport==81 and label==1', 'no'],
    ['label==1 and dport==81', 'no'],
    ['dport==80 and proto==tcp', 'yes'],
    ['dport==80 or label==1', 'yes'],
    ['label==1 or dport==80', 'yes'],
    ['dport==81 or label==1', 'unknown'],
    ['label==1 or dport==81', 'unknown'],
    ['dport==81 or proto==udp', 'no'],
    ['not (dport==81 or label==1)', 'unknown'],
    ['not (dport==81 or proto==udp)', 'yes'],
    ['all', 'yes'],
    ['not all', 'no'],
  ])('joined tests of an event are judged: %s: %s', (text, expected) => {
    expect(judge(text, 'update')).toBe(expected);
  });
});

it('an entry outside of an event is judged like the event that carries the least', () => {
  const cursor = new FlowObjectCursor(flow);
  const verdict = (text: string): string => words[compileForEvents(parseFilter(text).filter)(cursor)];
  expect([verdict('label==1'), verdict('bytes==1'), verdict('dport==80')]).toEqual(['unknown', 'unknown', 'yes']);
});

it('the fields that every event carries are known', () => {
  const decided = FIELDS.filter(({ name }) =>
    everyEventDecides({ kind: 'test', field: name, op: 'exists', values: [] }),
  ).map(({ name }) => name);
  const left = FIELDS.map(({ name }) => name).filter(name => !decided.includes(name));
  expect(left).toEqual(FIELDS.map(({ name }) => name).filter(name => ABSENT[name] !== undefined));
  expect(everyEventDecides(parseFilter('dport==80 and label==1').filter)).toBe(false);
  expect(everyEventDecides(ALL)).toBe(true);
});

it('an unknown option is refused with the name of the function', () => {
  expect(() => compileForEvents(ALL, { lables: 1 } as never)).toThrow("compileForEvents: unknown key 'lables'");
});
