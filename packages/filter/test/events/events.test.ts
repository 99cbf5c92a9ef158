import { EVENT_TYPES, type Flow, type FlowEventType, FlowObjectCursor } from '@conntrack/flow';
import { expect, test } from 'vitest';
import { compileForEvents, planEvents, readsSilent, unfitForEvents } from '../../src/events.js';
import { parseFilter } from '../../src/parse/parse-expression.js';
import { printExpression } from '../../src/print.js';

const filter = (text: string) => parseFilter(text).filter;
const words = ['no', 'yes', 'unknown'] as const;

/** A flow as an event carries it: members that are not given are not in the event. */
const flow = (members: Partial<Flow> = {}): Flow => ({
  family: 'ipv4',
  protocol: 'tcp',
  protonum: 6,
  original: { src: '192.0.2.1', dst: '192.0.2.2', sport: 1, dport: 80 },
  reply: { src: '192.0.2.2', dst: '192.0.2.1', sport: 80, dport: 1 },
  status: ['CONFIRMED'],
  ...members,
});

const judge = (text: string, type: FlowEventType, members: Partial<Flow> = {}): string =>
  words[compileForEvents(filter(text))(new FlowObjectCursor().move(flow(members), type))]!;

test('an absent mark is 0 in every event', () => {
  for (const type of EVENT_TYPES) {
    expect(judge('mark=0', type)).toBe('yes');
    expect(judge('mark!=0', type)).toBe('no');
    expect(judge('mark.exists=true', type)).toBe('yes');
    expect(judge('mark!=0', type, { mark: 7 })).toBe('yes');
  }
});

test('absent labels mean none in new events, and are unknown in update and destroy events', () => {
  expect(judge('label.not=5', 'new')).toBe('yes');
  for (const type of EVENT_TYPES) {
    if (type !== 'new') expect([judge('label.not=5', type), judge('label=5', type)]).toEqual(['unknown', 'unknown']);
    expect(judge('label.not=5', type, { labels: [5] })).toBe('no');
    expect(judge('label.exists=false', type, { labels: [] })).toBe('yes');
  }
});

test('an absent helper means none in new and update events, and is unknown in destroy events', () => {
  expect(judge('helper=ftp', 'new')).toBe('no');
  expect(judge('helper!=ftp', 'update')).toBe('yes');
  expect(judge('helper!=ftp', 'destroy')).toBe('unknown');
});

test('an absent state is unknown, except for protocols without states', () => {
  expect(judge('state!=ESTABLISHED', 'update')).toBe('unknown');
  expect(judge('state=ESTABLISHED', 'update', { state: 'ESTABLISHED' })).toBe('yes');
  expect(judge('state!=ESTABLISHED', 'update', { protocol: 'udp', protonum: 17 })).toBe('yes');
});

test('counters and the start time are known only in destroy events', () => {
  expect(judge('start>2020-01-01', 'new')).toBe('unknown');
  expect(judge('start>2020-01-01', 'destroy', { start: '2026-01-01T00:00:00Z' })).toBe('yes');
  expect(judge('start>2020-01-01', 'destroy')).toBe('no');
  expect(judge('bytes>5', 'update')).toBe('unknown');
  expect(judge('bytes>5', 'destroy')).toBe('no');
});

test('the known fields decide where they can', () => {
  expect(judge('proto==udp and label==5', 'update')).toBe('no');
  expect(judge('proto==tcp or label==5', 'update')).toBe('yes');
  expect(judge('not (proto==tcp and label==5)', 'update')).toBe('unknown');
  expect(judge('not (proto==udp and label==5)', 'update')).toBe('yes');
});

const plan = (text: string, types?: readonly FlowEventType[]) => {
  const { flows, event, ...rest } = planEvents(filter(text), types);
  return { ...rest, flows: printExpression(flows), event: printExpression(event) };
};

test('a filter is split into tests of the flow and tests of the event', () => {
  expect(plan('event==destroy and label==5 and bytes>1M')).toEqual({
    types: ['destroy'],
    flows: 'label == 5',
    event: 'event == destroy and bytes > 1M',
    moves: true,
  });
  expect(plan('proto==tcp and dport==80')).toMatchObject({ types: EVENT_TYPES, moves: false });
  expect(plan('assured')).toMatchObject({ moves: true });
});

const refused = (text: string, types?: readonly FlowEventType[]): string[] =>
  unfitForEvents(filter(text), types).map(({ message }) => message.split(' ')[0]!);

test('fields that change without an event are refused, except if only destroy events are requested, which carry them', () => {
  for (const text of ['bytes>1', 'packets<5', 'timeout<10', 'use=1', 'age>60', 'offload', 'status=OFFLOAD']) {
    expect(refused(text)).toEqual([text.split(/\W/)[0]]);
    expect(refused(`proto==tcp or not ${text.replace('=', '==')}`)).toHaveLength(1);
  }
  expect(refused('bytes>1 and age>60', ['destroy'])).toEqual([]);
  expect(refused('bytes>1 and event==destroy')).toEqual([]);
  expect(refused('timeout<10', ['destroy'])).toEqual(['timeout']);
  expect(refused('use=1', ['destroy'])).toEqual(['use']);
  expect(unfitForEvents(filter('proto==tcp and bytes>1'))[0]).toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining('changes without an event'),
    snippet: expect.stringContaining('^'),
  });
});

test("an 'or' that destroy events cannot decide is refused", () => {
  expect(refused('label==5 or event==destroy')).toEqual(['label']);
  expect(refused('label==5 or event==new', ['new', 'update'])).toEqual([]);
  expect(refused('label==5 and event==destroy')).toEqual([]);
  expect(refused('mark==5 or event==destroy')).toEqual([]);
});

test('a filter reads what changes without an event if one of its conditions does, negated or in a list too', () => {
  for (const text of ['bytes>1', 'not age<5', 'proto==udp or use==2', 'offload', 'not status in {ASSURED, HW_OFFLOAD}'])
    expect(readsSilent(filter(text)), text).toBe(true);
  for (const text of ['mark==1', 'state==ESTABLISHED', 'status==ASSURED', 'start>2020-01-01', 'assured'])
    expect(readsSilent(filter(text)), text).toBe(false);
});
