import { type Flow, OptionsError } from '@conntrack/flow';
import * as main from '@conntrack/parser';
import * as all from '@conntrack/parser/all';
import { captureBatches, captureEvents, captureRecords } from '@conntrack/parser/capture';
import * as expectations from '@conntrack/parser/expectations';
import { formatEvent, formatFlow } from '@conntrack/parser/format';
import { flowWriter, PRESET_NAMES } from '@conntrack/parser/presets';
import { formatStats } from '@conntrack/parser/stats';
import { expect, it } from 'vitest';

const text =
  'udp      17 29 src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2 src=10.0.0.2 dst=10.0.0.1 sport=2 dport=1 mark=0 use=1';
const flow: Flow = main.parseLine(text);
const [expectation] = expectations.parseExpectationText(
  '299 proto=6 src=192.0.2.1 dst=198.51.100.2 sport=0 dport=46721 mask-src=255.255.255.255 mask-dst=255.255.255.255 sport=0 dport=65535 master-src=192.0.2.1 master-dst=198.51.100.2 sport=40000 dport=21 class=0 helper=ftp\n',
);

type Call = (options: never) => unknown;
const readers = ({
  parse,
  parseBatches,
  parseEvents,
  parseText,
  parseEventText,
  iterateText,
  parseLine,
}: typeof main) =>
  Object.entries<Call>({
    parse: options => parse([text], options),
    parseBatches: options => parseBatches([text], options),
    parseEvents: options => parseEvents([text], options),
    parseText: options => parseText(text, options),
    parseEventText: options => parseEventText(text, options),
    iterateText: options => iterateText(text, options).next(),
    parseLine: options => parseLine(text, options),
  });

it.each([
  ...readers(main),
  ...readers(all as never),
  ...Object.entries<Call>({
    captureBatches: options => captureBatches([text], options),
    captureEvents: options => captureEvents([text], options),
    captureRecords: options => captureRecords([text], options),
    parseExpectations: options => expectations.parseExpectations([text], options),
    parseExpectationText: options => expectations.parseExpectationText(text, options),
    parseExpectationEvents: options => expectations.parseExpectationEvents([text], options),
  }),
])('%s refuses an unknown option, and names the nearest one', (_, call) => {
  expect(() => call({ mach: 1 } as never)).toThrow(OptionsError);
  expect(() => call({ onBadLin: () => {} } as never)).toThrow("unknown key 'onBadLin'. Did you mean 'onBadLine'?");
});

it.each<[string, Call, object]>([
  ['formatFlow', options => formatFlow(flow, options), { format: 'conntrack' }],
  ['formatEvent', options => formatEvent({ type: 'new', flow }, options), { format: 'conntrack' }],
  ['formatExpectation', options => expectations.formatExpectation(expectation!, options), { format: 'expectations' }],
  [
    'formatExpectationEvent',
    options => expectations.formatExpectationEvent({ type: 'new', expectation: expectation! }, options),
    { format: 'expectations' },
  ],
  ...PRESET_NAMES.map((name): [string, Call, object] => [
    `flowWriter of ${name}`,
    options => flowWriter(name, options),
    {},
  ]),
  ['formatStats', options => formatStats([], options), {}],
])('%s refuses an unknown option', (_, call, needed) => {
  expect(() => call({ ...needed, mach: 1 } as never)).toThrow(OptionsError);
  expect(() => call(needed as never)).not.toThrow();
});

it('an unknown format is refused, and the error lists the formats', () => {
  expect(() => formatFlow(flow, { format: 'conntrak' as never })).toThrow(
    "formatFlow: format must be 'proc', 'ip_conntrack', 'conntrack', 'save', 'xml' or 'ndjson', got 'conntrak'",
  );
  expect(() => formatFlow(flow, { format: 'conntrack', ktimestmp: true } as never)).toThrow(
    "Did you mean 'ktimestamp'?",
  );
});
