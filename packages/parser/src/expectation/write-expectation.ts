import type { Expectation, ExpectationEvent, FlowEventType, Tuple } from '@conntrack/flow';
import { checkKeys, type OptionKeys } from '@conntrack/flow/checks';
import { familyNumber, TUPLE_PARTS } from '@conntrack/flow/codec';
import { parseNanoseconds, printable, printableJson } from '@conntrack/flow/text';
import { formatTag } from '../core/event-prefix.js';
import { expandIPv6 } from '../core/expand-ipv6.js';
import type { DetectedFormat } from '../core/formats.js';
import { formatKey } from '../core/gre-key.js';
import { formatWhen, type TimeZone } from '../core/local-time.js';
import { printedName } from '../core/printed-name.js';
import { userspaceText } from '../core/userspace.js';
import { element } from '../xml/element-text.js';

const EXPECTATION_FORMAT: OptionKeys<ExpectationFormatOptions & Pick<DetectedFormat, 'events'>> = {
  format: ['expectations', 'proc_expectations', 'xml', 'ndjson'],
  timestamp: 0,
  timeZone: 0,
  events: 0,
};

/** How an expectation is written: as `conntrack -L expect`, as /proc/net/nf_conntrack_expect, as `-o xml`, or as JSON. */
export interface ExpectationFormatOptions {
  /** The text format. */
  format: 'expectations' | 'proc_expectations' | 'xml' | 'ndjson';
  /** With the time in front of an event (`-o timestamp`). Default: if the event has a time. */
  timestamp?: boolean | undefined;
  /** Time zone of `<when>`. Default: the time zone of this machine. */
  timeZone?: TimeZone | undefined;
}

/** The protocol's part of a tuple, as tokens with their names. */
const layer4 = (tuple: Tuple): [string, string][] =>
  TUPLE_PARTS.flatMap(name => {
    const value = tuple[name];
    return value === undefined
      ? []
      : [[name, name.endsWith('key') ? formatKey(value) : String(value)] as [string, string]];
  });

/** The tokens of a line: each with the name that extra tokens use for it, and its text. */
function tokensOf(expectation: Expectation, proc: boolean): [anchor: string, text: string][] {
  const { protonum, timeout, family, zone, flags, helper } = expectation;
  const address = (text: string): string => (proc && family === 'ipv6' ? expandIPv6(text) : text);
  const tokens: [string, string][] = [['timeout', timeout === undefined ? '-' : String(timeout)]];
  if (proc) tokens.push(['', `l3proto = ${familyNumber(family)}`]);
  tokens.push(['protonum', `proto=${protonum}`]);
  for (const name of proc ? (['tuple'] as const) : (['tuple', 'mask', 'master'] as const)) {
    const tuple = expectation[name];
    if (tuple === undefined) continue;
    const prefix = name === 'tuple' ? '' : `${name}-`;
    tokens.push(
      [`${name}.src`, `${prefix}src=${address(tuple.src)}`],
      [`${name}.dst`, `${prefix}dst=${address(tuple.dst)}`],
    );
    for (const [key, text] of layer4(tuple)) tokens.push([`${name}.${key}`, `${key}=${text}`]);
  }
  if (!proc && zone !== undefined && zone !== 0) tokens.push(['zone', `zone=${zone}`]);
  if (flags !== undefined && flags.length > 0) tokens.push(['flags', flags.join(',')]);
  if (!proc && expectation.class !== undefined) tokens.push(['class', `class=${expectation.class}`]);
  if (helper !== undefined) tokens.push(['helper', printable(proc ? helper : `helper=${helper}`)]);
  return tokens;
}

function formatText(expectation: Expectation, proc: boolean): string {
  const words: string[] = [];
  let left = expectation.extra ?? [];
  for (const [anchor, text] of tokensOf(expectation, proc)) {
    words.push(text, ...left.filter(({ after }) => after === anchor).map(token => printable(token.text)));
    left = left.filter(({ after }) => after !== anchor);
  }
  return [...words, ...left.map(({ text }) => printable(text))].join(' ');
}

function formatXml(
  expectation: Expectation,
  options: ExpectationFormatOptions,
  time: string | undefined,
  event?: FlowEventType,
): string {
  const { family, protonum, tuple, mask, master } = expectation;
  const parts: [string, Tuple | undefined][] = [
    ['expected', tuple],
    ['mask', mask],
    ['master', master],
  ];
  let layer3 = '';
  let ports = '';
  for (const [name, part] of parts) {
    if (part === undefined) continue;
    layer3 += `<${name}>${element('src', part.src)}${element('dst', part.dst)}</${name}>`;
    ports += `<${name}>${layer4(part)
      .map(([key, text]) => element(key, text))
      .join('')}</${name}>`;
  }
  const when = formatWhen(time, options);
  return (
    `<flow${event === undefined ? '' : ` type="${event}"`}><layer3 protonum="${familyNumber(family)}" protoname="${family}">${layer3}</layer3>` +
    `<layer4 protonum="${protonum}" protoname="${printedName(protonum)}">${ports}</layer4>` +
    `<meta>${element('helper-name', expectation.helper)}${element('timeout', expectation.timeout)}` +
    `${element('zone', expectation.zone || undefined)}${element('class', expectation.class)}${when}</meta></flow>`
  );
}

/** The text before the first expectation in XML. */
export const XML_EXPECT_HEADER = '<?xml version="1.0" encoding="utf-8"?>\n<expect>';
/** The text after the last expectation in XML. */
export const XML_EXPECT_FOOTER = '</expect>';

/** Formats the time in front of an expectation. conntrack(8) does not pad its microseconds with zeros, but with spaces after them. */
function formatExpectationTime(time: string): string {
  const micros = (parseNanoseconds(time) ?? 0n) / 1000n;
  return `[${String(micros / 1_000_000n).padEnd(8)}.${String(micros % 1_000_000n).padEnd(6)}]\t`;
}

const front = (time: string | undefined, options: ExpectationFormatOptions): string =>
  time === undefined || options.timestamp === false ? '' : formatExpectationTime(time);

/** Formats an expectation as one line, without its newline. @throws OptionsError */
export function formatExpectation(expectation: Expectation, options: ExpectationFormatOptions): string {
  checkKeys('formatExpectation', options, EXPECTATION_FORMAT);
  if (options.format === 'ndjson') return printableJson(expectation);
  if (options.format === 'xml') return formatXml(expectation, options, expectation.time);
  return (
    front(expectation.time, options) +
    formatText(expectation, options.format === 'proc_expectations') +
    userspaceText(expectation)
  );
}

/** Formats an event as one line of `conntrack -E expect`, without its newline. @throws OptionsError */
export function formatExpectationEvent(event: ExpectationEvent, options: ExpectationFormatOptions): string {
  checkKeys('formatExpectationEvent', options, EXPECTATION_FORMAT);
  if (options.format === 'ndjson') return printableJson(event);
  if (options.format === 'xml') return formatXml(event.expectation, options, event.time, event.type);
  return front(event.time, options) + formatTag(event.type) + formatExpectation(event.expectation, options);
}
