import type { FlowEventType } from '@conntrack/flow';
import { describe, expect, it } from 'vitest';
import { planEvents, unfitForEvents } from '../../src/events.js';
import { FIELDS, type Filter, parseFilter } from '../../src/index.js';
import { printExpression } from '../../src/print.js';

const filter = (text: string): Filter => parseFilter(text).filter;
const plan = (given: string | Filter, types?: readonly FlowEventType[]): string => {
  const { types: left, flows, event, moves } = planEvents(typeof given === 'string' ? filter(given) : given, types);
  return `${left.join(' ')} | ${printExpression(flows)} | ${printExpression(event)} | ${moves ? 'moves' : 'stays'}`;
};

describe('the plan of a stream', () => {
  it.each([
    ['all', 'new update destroy | all | all | stays'],
    ['dport == 80', 'new update destroy | dport == 80 | all | stays'],
    ['mark == 5', 'new update destroy | mark == 0x5 | all | moves'],
    ['dport == 80 and mark == 5', 'new update destroy | dport == 80 and mark == 0x5 | all | moves'],
    ['dport == 80 or mark == 5', 'new update destroy | dport == 80 or mark == 0x5 | all | moves'],
    ['start > 2026-01-01', 'new update destroy | start > 2026-01-01T00:00:00Z | all | stays'],
    ['event == new', 'new | all | event == new | stays'],
    ['event in {new, destroy}', 'new destroy | all | event in {new, destroy} | stays'],
    ['event == new and event in {new, update}', 'new | all | event == new and event in {new, update} | stays'],
    // Only a term of its own limits the types.
    ['event != new', 'new update destroy | all | event != new | stays'],
    ['event exists', 'new update destroy | all | event exists | stays'],
    ['event == new or dport == 80', 'new update destroy | all | event == new or dport == 80 | stays'],
    ['dport == 80 and portid == 7', 'new update destroy | dport == 80 | portid == 7 | stays'],
    ['bytes > 1 and assured', 'new update destroy | assured | bytes > 1 | moves'],
    ['status == OFFLOAD', 'new update destroy | all | status == OFFLOAD | stays'],
    ['status in {ASSURED, HW_OFFLOAD}', 'new update destroy | all | status in {ASSURED, HW_OFFLOAD} | stays'],
    ['status in {ASSURED, CONFIRMED}', 'new update destroy | status in {ASSURED, CONFIRMED} | all | moves'],
    ['dport == 0xc000', 'new update destroy | dport == 49152 | all | stays'],
    ['status exists', 'new update destroy | status exists | all | moves'],
  ])('the plan of %s is %s', (text, expected) => {
    expect(plan(text)).toBe(expected);
  });

  it('the plan keeps the requested event types in their order', () => {
    expect(plan('dport == 80', ['destroy', 'new'])).toBe('destroy new | dport == 80 | all | stays');
    expect(plan('event in {new, update}', ['destroy', 'new'])).toBe('new | all | event in {new, update} | stays');
    expect(plan('event == new', ['destroy'])).toBe(' | all | event == new | stays');
  });

  it('the plan is made from the normal form: an `and` inside an `and` is the same filter', () => {
    const [one, other] = [filter('event == new'), filter('dport == 80')];
    const nested: Filter = { kind: 'and', terms: [{ kind: 'and', terms: [one, other] }, { kind: 'all' }] };
    expect(plan(nested)).toBe('new | dport == 80 | event == new | stays');
  });
});

const refusals = (text: string, types?: readonly FlowEventType[]): string[] =>
  unfitForEvents(filter(text), types).map(({ field, message }) => `${field}: ${message.replace(/^\S+ /, '')}`);
const SILENT =
  'changes without an event, so a stream cannot report when a flow starts or stops matching. List the flows instead';
const ENDS = `${SILENT}; or watch only types=destroy, which has the final value`;
const MIXED =
  "is not in destroy events, but is combined by 'or' with a condition on the event itself. Use 'and', or exclude destroy events";

describe('a filter that no stream can keep its word on', () => {
  it.each<[string, readonly FlowEventType[] | undefined, string[]]>([
    ['bytes > 1', undefined, [`bytes: ${ENDS}`]],
    ['bytes > 1', ['new', 'destroy'], [`bytes: ${ENDS}`]],
    ['bytes > 1', ['destroy'], []],
    ['timeout > 1', undefined, [`timeout: ${SILENT}`]],
    ['timeout > 1', ['destroy'], [`timeout: ${SILENT}`]],
    ['offload', undefined, [`offload: ${ENDS}`]],
    ['offload', ['destroy'], []],
    ['status == HW_OFFLOAD', undefined, [`status: ${ENDS}`]],
    ['label == 5 or event == destroy', undefined, [`label: ${MIXED}`]],
    ['label == 5 or event == new', ['new'], []],
    ['label == 5 or portid == 7', ['destroy'], [`label: ${MIXED}`]],
    ['label == 5 and portid == 7', undefined, []],
    ['mark == 5 or portid == 7', undefined, []],
    ['label == 5 or timeout > 1', undefined, [`label: ${MIXED}`, `timeout: ${SILENT}`]],
    ['label == 5 or helper == ftp', undefined, []],
    ['all', undefined, []],
  ])('a filter %s over events of the types %j has the faults %j', (text, types, expected) => {
    expect(refusals(text, types)).toEqual(expected);
  });

  it('exactly these fields change without an event', () => {
    const silent = FIELDS.filter(
      ({ name }) => unfitForEvents({ kind: 'test', field: name, op: 'exists', values: [] }).length > 0,
    ).map(({ name }) => name);
    expect(silent).toEqual([
      'timeout',
      'use',
      'bytes',
      'packets',
      'orig.bytes',
      'reply.bytes',
      'orig.packets',
      'reply.packets',
      'rate',
      'orig.rate',
      'reply.rate',
      'age',
      'offload',
    ]);
  });

  it('the fault of a filter over events shows the place of the test', () => {
    const [issue] = unfitForEvents(filter('dport == 80 and bytes > 1'));
    expect(issue).toMatchObject({ code: 'unavailable', offset: 16, length: 9 });
    expect(issue).not.toHaveProperty('sysctl');
  });
});

it('exactly these fields change with an event, so that a flow can start or stop matching', () => {
  const moving = FIELDS.filter(({ name }) => planEvents({ kind: 'test', field: name, op: 'exists', values: [] }).moves);
  expect(moving.map(({ name }) => name)).toEqual([
    ...['state', 'status', 'mark', 'label', 'helper', 'secctx', 'secmark', 'unreplied', 'assured'],
    ...['sctp.vtag', 'orig.sctp.vtag', 'reply.sctp.vtag', 'dccp.role'],
  ]);
});
