import type { Flow, FlowEvent } from '@conntrack/flow';
import { type FormatOptions, formatEvent, formatFlow } from '@conntrack/parser/format';
import { flowWriter } from '@conntrack/parser/presets';
import { describe, expect, it } from 'vitest';

const flow: Flow = {
  family: 'ipv4',
  protocol: 'tcp',
  protonum: 6,
  original: { src: '10.0.0.1', dst: '192.0.2.1', sport: 1, dport: 2 },
  reply: { src: '192.0.2.1', dst: '10.0.0.1', sport: 2, dport: 1 },
  state: 'ESTABLISHED',
  status: ['SEEN_REPLY', 'ASSURED'],
  timeout: 99,
  mark: 7,
  use: 1,
};
const event: FlowEvent = { type: 'update', flow, time: '2026-11-21T04:17:25.089660000Z' };
const LINE =
  'tcp      6 99 ESTABLISHED src=10.0.0.1 dst=192.0.2.1 sport=1 dport=2 src=192.0.2.1 dst=10.0.0.1 sport=2 dport=1 [ASSURED] mark=7 use=1';
const SAVE =
  '-t 99 -u SEEN_REPLY,ASSURED -s 10.0.0.1 -d 192.0.2.1 -r 192.0.2.1 -q 10.0.0.1 -p tcp --sport 1 --dport 2 --reply-port-src 2 --reply-port-dst 1 --state ESTABLISHED';

describe('a flow and an event', () => {
  it.each<[FormatOptions['format'], string, string]>([
    ['conntrack', LINE, `[1795234645.089660]\t [UPDATE] ${LINE}`],
    ['proc', `ipv4     2 ${LINE}`, `[1795234645.089660]\t [UPDATE] ipv4     2 ${LINE}`],
    ['ip_conntrack', LINE, `[1795234645.089660]\t [UPDATE] ${LINE}`],
    ['save', `-A ${SAVE}`, `[1795234645.089660]\t-U ${SAVE}`],
    ['ndjson', JSON.stringify(flow), JSON.stringify(event)],
  ])('a flow and an event are written as %s', (format, text, eventText) => {
    expect(formatFlow(flow, { format })).toBe(text);
    expect(formatEvent(event, { format })).toBe(eventText);
    if (format === 'ndjson') return;
    const bare = eventText.slice(eventText.indexOf('\t') + 1);
    expect(formatEvent(event, { format, timestamp: false })).toBe(bare);
    expect(formatEvent({ type: 'update', flow }, { format })).toBe(bare);
  });

  it('a flow and an event are written as XML, the event with its type and time', () => {
    const xml = formatFlow(flow, { format: 'xml' });
    expect(xml).toMatch(/^<flow><meta direction="original">.*<\/flow>$/);
    const when =
      '<when><hour>4</hour><min>17</min><sec>25</sec><wday>7</wday><day>21</day><month>11</month><year>2026</year></when>';
    expect(formatEvent(event, { format: 'xml', timeZone: 0 })).toBe(
      xml.replace('<flow>', '<flow type="update">').replace('</flow>', `${when}</flow>`),
    );
    expect(formatEvent(event, { format: 'xml', timestamp: false })).toBe(xml.replace('<flow>', '<flow type="update">'));
  });

  it('the error for an unknown option of a writer names the call', () => {
    expect(() => formatFlow(flow, { format: 'xml', zone: 1 } as never)).toThrow("formatFlow: unknown key 'zone'");
    expect(() => formatEvent(event, { format: 'xml', zone: 1 } as never)).toThrow("formatEvent: unknown key 'zone'");
    expect(() => flowWriter('csv', { zone: 1 } as never)).toThrow("flowWriter: unknown key 'zone'");
  });
});

describe('a list', () => {
  it.each([
    ['plain', 'text/plain; charset=utf-8', '', '', '', ''],
    ['extended', 'text/plain; charset=utf-8', '', '', '', ''],
    ['save', 'text/plain; charset=utf-8', '', '', '', ''],
    [
      'xml',
      'application/xml',
      '<?xml version="1.0" encoding="utf-8"?>\n<conntrack>\n',
      '',
      '</conntrack>\n',
      undefined,
    ],
    ['csv', 'text/csv; charset=utf-8', /^key,family,.*\r\n$/, '', '', undefined],
    ['json', 'application/json', '[\n', ',\n', '\n]\n', '[]\n'],
    ['ndjson', 'application/x-ndjson', '', '', '', ''],
  ] as const)(
    'a list in the preset %s has its media type, head and tail',
    (name, type, head, separator, tail, empty) => {
      const writer = flowWriter(name);
      expect(writer).toMatchObject({ type, separator, tail });
      expect(writer.head).toEqual(typeof head === 'string' ? head : expect.stringMatching(head));
      expect(writer.empty).toBe(empty ?? writer.head + writer.tail);
    },
  );

  it('a list has the lines of the format’s writer, with the line end', () => {
    const line = (name: Parameters<typeof flowWriter>[0], options = {}): string => flowWriter(name, options).line(flow);
    expect(line('plain')).toBe(`${LINE}\n`);
    expect(line('extended')).toBe(`ipv4     2 ${LINE}\n`);
    expect(line('save')).toBe(`${formatFlow(flow, { format: 'save', whole: true })}\n`);
    expect(line('xml')).toBe(`${formatFlow(flow, { format: 'xml', whole: true })}\n`);
    expect(line('json')).toBe(JSON.stringify(flow));
    expect(line('ndjson')).toBe(`${JSON.stringify(flow)}\n`);
    expect(line('csv')).toMatch(/^,ipv4,tcp,.*\r\n$/);
    const since = { ...flow, start: '2026-11-21T04:17:25.000000000Z' };
    for (const name of ['plain', 'xml'] as const)
      expect(flowWriter(name, { now: Date.UTC(2026, 10, 21, 4, 17, 30) }).line(since)).toMatch(/delta-?time[=>]5/);
  });
});
