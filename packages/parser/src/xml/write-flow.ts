import { type Flow, type FlowEvent, type FlowTuple, protocolOf, stateNumber, TCP_STATES } from '@conntrack/flow';
import { familyNumber, TUPLE_FIELDS, TUPLE_PARTS } from '@conntrack/flow/codec';
import { parseNanoseconds, printableJson } from '@conntrack/flow/text';
import type { FormatOptions } from '../core/formats.js';
import { formatKey } from '../core/gre-key.js';
import { formatWhen } from '../core/local-time.js';
import { printedName } from '../core/printed-name.js';
import { userspaceText } from '../core/userspace.js';
import { deltaTimeOf, labelNames } from '../line/write-line.js';
import { DIALECT, element, REST_ELEMENT } from './element-text.js';
import { restOf } from './unsaid-fields.js';

/** The text before the first flow in XML: two lines, without the last newline. */
export const XML_HEADER = '<?xml version="1.0" encoding="utf-8"?>\n<conntrack>';
/** The text after the last flow in XML. */
export const XML_FOOTER = '</conntrack>';

/** Converts RFC 3339 to nanoseconds since 1970. */
const nanosecondsOf = (time: string): string => String(parseNanoseconds(time) ?? 0n);

const key = (value: number | undefined): string | undefined => (value === undefined ? undefined : formatKey(value));
const extraOf = (flow: Flow, after: string): string =>
  flow.extra === undefined
    ? ''
    : flow.extra.reduce(
        (text, token) => (token.after === after && token.text.startsWith('<') ? text + token.text : text),
        '',
      );

/** The protocol's parts of a tuple. conntrack(8) writes ports and keys, but no ICMP fields. */
function layer4Of(tuple: FlowTuple, protonum: number, whole: boolean): string {
  const { kind } = protocolOf(protonum);
  if (kind === 'ports' && !whole) return element('sport', tuple.sport ?? 0) + element('dport', tuple.dport ?? 0);
  const parts = whole ? TUPLE_PARTS : kind === 'keys' ? TUPLE_FIELDS.keys : [];
  return parts.map(part => element(part, part.endsWith('key') ? key(tuple[part]) : tuple[part])).join('');
}

function meta(flow: Flow, direction: 'original' | 'reply', whole: boolean): string {
  const tuple: FlowTuple = flow[direction];
  const { protonum, family } = flow;
  const layer4 = layer4Of(tuple, protonum, whole);
  const counters =
    tuple.packets === undefined && tuple.bytes === undefined
      ? ''
      : `<counters>${element('packets', tuple.packets)}${element('bytes', tuple.bytes)}</counters>`;
  return (
    `<meta direction="${direction}"><layer3 protonum="${familyNumber(family)}" protoname="${family}">` +
    `${element('src', tuple.src)}${element('dst', tuple.dst)}</layer3>` +
    `<layer4 protonum="${protonum}" protoname="${printedName(protonum)}">${layer4}</layer4>` +
    `${element('zone', tuple.zone)}${counters}${whole ? '' : extraOf(flow, direction)}</meta>`
  );
}

/** Whether the name of a state is not from TCP's table, which conntrack(8) uses for all protocols. */
const hasForeignState = ({ state, protonum }: Flow): boolean =>
  state !== undefined && (protonum === 132 || protonum === 33);

const stateByTcp = (flow: Flow): string | undefined =>
  hasForeignState(flow) ? (TCP_STATES[stateNumber(flow.protonum, flow.state!)] ?? 'NONE') : flow.state;

function timestamps({ start, stop }: Flow, whole: boolean): string {
  if (start === undefined && !(whole && stop !== undefined)) return '';
  const time = (name: string, text: string | undefined): string =>
    element(name, text === undefined ? undefined : nanosecondsOf(text));
  return `<timestamp>${time('start', start)}${time('stop', stop)}</timestamp>`;
}

/** The part of a flow that belongs to neither direction. */
function independent(flow: Flow, options: FormatOptions, whole: boolean): string {
  const { status } = flow;
  const own = whole || options.xmlStates === 'own';
  let text =
    `<meta direction="independent"${own && !whole && hasForeignState(flow) ? ' states="own"' : ''}>` +
    element('state', own ? flow.state : stateByTcp(flow)) +
    element('timeout', flow.timeout) +
    element('mark', flow.mark);
  if (flow.labels !== undefined && (whole || (options.labels !== undefined && options.labels !== false))) {
    const names = labelNames(flow.labels, whole || options.labels!);
    text += `<labels>${names.map(name => element('label', name)).join('')}</labels>`;
  }
  text += element('secmark', flow.secmark) + element('secctx', flow.secctx);
  text += element('zone', whole ? flow.zone : flow.zone || undefined);
  text += element('use', flow.use) + element('id', flow.id);
  if (status?.includes('ASSURED')) text += '<assured/>';
  if (status !== undefined && !status.includes('SEEN_REPLY')) text += '<unreplied/>';
  if (whole) text += element('status', status?.join(' '));
  if (whole || options.ktimestamp === true) text += timestamps(flow, whole);
  text += element('deltatime', deltaTimeOf(flow, options.now));
  return `${text}${whole ? '' : extraOf(flow, 'independent')}</meta>`;
}

/** Formats a flow as a `<flow>` element on one line. */
export function formatXml(flow: Flow, options: FormatOptions, event?: FlowEvent): string {
  const whole = options.whole === true;
  const head = `<flow${whole ? ` dialect="${DIALECT}"` : ''}${event === undefined ? '' : ` type="${event.type}"`}>`;
  const body =
    meta(flow, 'original', whole) +
    meta(flow, 'reply', whole) +
    independent(flow, options, whole) +
    formatWhen(event?.time, options) +
    element('helper', flow.helper);
  if (!whole) return `${head}${body}${extraOf(flow, 'flow')}</flow>${userspaceText(flow)}`;
  const rest = restOf(flow);
  return `${head}${body}${rest === undefined ? '' : element(REST_ELEMENT, printableJson(rest))}</flow>`;
}
