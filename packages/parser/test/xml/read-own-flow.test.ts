import type { Flow } from '@conntrack/flow';
import { ParseError, parseEventText, parseLine } from '@conntrack/parser/all';
import { formatEvent, formatFlow } from '@conntrack/parser/format';
import { describe, expect, it } from 'vitest';

const flow: Flow = parseLine(
  'tcp      6 99 ESTABLISHED src=1.1.1.1 dst=2.2.2.2 sport=1 dport=2 packets=3 bytes=180 src=2.2.2.2 dst=1.1.1.1 sport=2 dport=1 packets=0 bytes=0 [ASSURED] mark=7 use=1 id=9',
);
const own = (more: object = {}): string => formatFlow({ ...flow, ...more } as Flow, { format: 'xml', whole: true });
/** The place of the fault of a text. The fault of a field has a code of its own. */
const fault = (text: string): [column: number, expected: string] => {
  try {
    parseLine(text);
  } catch (error) {
    expect(error).toBeInstanceOf(ParseError);
    const { code, column, expected } = error as ParseError;
    expect(code).toBe(expected.startsWith('a valid') ? 'FIELD_EXPECTED' : 'ELEMENT_EXPECTED');
    return [column, expected];
  }
  throw new Error('it was read');
};

describe('the XML of ctctl', () => {
  it('ctctl’s XML is marked, and has as JSON only what no element holds', () => {
    expect(own()).toMatch(/^<flow dialect="ctctl"><meta /);
    const rest = (more: object): unknown =>
      JSON.parse(/<rest>(.*)<\/rest>/.exec(own(more))?.[1]?.replaceAll('&quot;', '"') ?? 'null');
    expect(
      rest({ labels: [5, 'web', 'x5', '5x'], helper: 'ftp', secctx: 'a b', state: 'CLOSE', use: undefined }),
    ).toBeNull();
    expect(rest({ protocol: 'TCP' })).toEqual({ protocol: 'TCP' });
    expect(rest({ labels: [5, '12'] })).toEqual({ labels: [5, '12'] });
    for (const field of ['helper', 'secctx', 'state'])
      expect(rest({ [field]: 'a\u001b' })).toEqual({ [field]: 'a\u001b' });
    expect(rest({ labels: ['a\u001b'] })).toEqual({ labels: ['a\u001b'] });
    expect(rest({ id: undefined })).toEqual({ key: flow.key });
    expect(rest({ portid: 5 })).toEqual({ portid: 5 });
    // Fields of the flow that have no value are absent.
    expect(
      rest({ labels: undefined, helper: undefined, secctx: undefined, state: undefined, progname: undefined }),
    ).toBeNull();
  });

  it('ctctl’s XML is read back with id, labels, times and key', () => {
    const whole = {
      labels: [5, 'web', 'x5', '5x'],
      start: '2026-11-21T04:17:25.123456789Z',
      stop: '2026-11-21T04:17:26.000000000Z',
      deltaTime: -3,
    };
    expect(parseLine(own(whole))).toEqual({ ...flow, ...whole });
    const { id: _, key: __, ...without } = flow;
    expect(parseLine(formatFlow(without, { format: 'xml', whole: true }))).toEqual(without);
    expect(parseLine(own({ status: [] })).status).toEqual([]);
    expect(parseLine(own({ key: 'ct1.of-another-writer' })).key).toBe(flow.key);
  });

  it('times of events in ctctl’s XML are in the given zone', () => {
    const event = { type: 'new', flow, time: '2026-11-21T06:41:07.000000000Z' } as const;
    const text = formatEvent(event, { format: 'xml', whole: true, timeZone: 60 });
    expect(parseEventText(text, { timeZone: 60 })).toEqual([event]);
    expect(parseEventText(text, { timeZone: 0 })[0]?.time).toBe('2026-11-21T07:41:07.000000000Z');
    expect(parseEventText(formatEvent(event, { format: 'xml', whole: true }))).toEqual([event]);
  });

  it.each<[string, string, string]>([
    ['<mark> 7</mark>', '<flow ', "a valid 'mark'"],
    ['<mark>7 </mark>', '<flow ', "a valid 'mark'"],
    ['<mark>x7</mark>', '<flow ', "a valid 'mark'"],
    ['<mark>7x</mark>', '<flow ', "a valid 'mark'"],
    ['<mark>-7</mark>', '<flow ', "a valid 'mark'"],
    ['<mark></mark>', '<flow ', "a valid 'mark'"],
    ['<marc>7</marc>', '<marc>', 'an element that ctctl writes'],
    ['<rest>{</rest>', '<rest>', 'JSON'],
    ['<rest>{"master":5}</rest>', '<flow ', "a valid 'master'"],
    ['<timestamp><start>now</start></timestamp>', '<timestamp>', 'start and stop in nanoseconds'],
    ['<when><hour>6</hour></when>', '<when>', 'hour, min, sec, wday, day, month and year of a local time'],
  ])('ctctl’s XML with %s is a fault of %s', (element, at, expected) => {
    const text = own().replace('<mark>7</mark>', element);
    expect(fault(text)).toEqual([text.indexOf(at) + 1, expected]);
  });

  it('ctctl’s XML without a protocol, or with an unknown direction, is a fault', () => {
    expect(fault(own().replaceAll(/ protonum="6"/g, ''))).toEqual([1, "a valid 'protonum'"]);
    expect(fault(own().replace('direction="reply"', 'direction="back"'))).toEqual([1, "a valid 'reply'"]);
    const other = own()
      .replace('<meta direction="reply"', '<layer3 direction="reply"')
      .replace('</meta><meta direction="independent"', '</layer3><meta direction="independent"');
    expect(fault(other)[1]).toMatch(/a valid '/);
  });
});
