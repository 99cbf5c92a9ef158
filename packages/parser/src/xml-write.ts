import {
  type Flow,
  type FlowEvent,
  type FlowTuple,
  familyNumber,
  parseNanoseconds,
  protocolOf,
  stateNumber,
  TCP_STATES,
} from '@conntrack/flow';
import { deltaTimeOf, labelNames } from './format-line.js';
import type { FormatOptions } from './formats.js';
import { formatKey } from './gre-key.js';
import { formatWhen } from './local-time.js';
import { printedName } from './printed-name.js';
import { userspaceText } from './userspace.js';
import { element } from './xml-text.js';

/** What stands before the first flow of an XML text: two lines, the last newline not included. */
export const XML_HEADER = '<?xml version="1.0" encoding="utf-8"?>\n<conntrack>';
/** What stands behind the last. */
export const XML_FOOTER = '</conntrack>';

/** RFC 3339 to nanoseconds since 1970. */
const nanosecondsOf = (time: string): string => String(parseNanoseconds(time) ?? 0n);

const key = (value: number | undefined): string | undefined => (value === undefined ? undefined : formatKey(value));
const extraOf = (flow: Flow, after: string): string =>
  flow.extra === undefined
    ? ''
    : flow.extra.reduce(
        (text, token) => (token.after === after && token.text.startsWith('<') ? text + token.text : text),
        '',
      );

function meta(flow: Flow, direction: 'original' | 'reply'): string {
  const tuple: FlowTuple = flow[direction];
  const { protonum, family } = flow;
  const kind = protocolOf(protonum).kind;
  let layer4 = '';
  // Only what has ports or keys is told; ICMP's fields are not.
  if (kind === 'ports') layer4 = element('sport', tuple.sport ?? 0) + element('dport', tuple.dport ?? 0);
  else if (kind === 'keys') layer4 = element('srckey', key(tuple.srckey)) + element('dstkey', key(tuple.dstkey));
  const counters =
    tuple.packets === undefined && tuple.bytes === undefined
      ? ''
      : `<counters>${element('packets', tuple.packets)}${element('bytes', tuple.bytes)}</counters>`;
  return (
    `<meta direction="${direction}"><layer3 protonum="${familyNumber(family)}" protoname="${family}">` +
    `${element('src', tuple.src)}${element('dst', tuple.dst)}</layer3>` +
    `<layer4 protonum="${protonum}" protoname="${printedName(protonum)}">${layer4}</layer4>` +
    `${element('zone', tuple.zone)}${counters}${extraOf(flow, direction)}</meta>`
  );
}

function stateText(flow: Flow, states: 'tcp' | 'own'): string | undefined {
  if (flow.state === undefined || states === 'own' || (flow.protonum !== 132 && flow.protonum !== 33))
    return flow.state;
  return TCP_STATES[stateNumber(flow.protonum, flow.state)] ?? 'NONE';
}

/** A flow as a `<flow>` element in one line. */
export function formatXml(flow: Flow, options: FormatOptions, event?: FlowEvent): string {
  const status = flow.status;
  let own =
    element('state', stateText(flow, options.xmlStates ?? 'tcp')) +
    element('timeout', flow.timeout) +
    element('mark', flow.mark);
  if (flow.labels !== undefined && options.labels !== undefined && options.labels !== false) {
    const names = labelNames(flow.labels, options.labels);
    own += `<labels>${names.map(name => element('label', name)).join('')}</labels>`;
  }
  own += element('secmark', flow.secmark) + element('secctx', flow.secctx) + element('zone', flow.zone || undefined);
  own += element('use', flow.use) + element('id', flow.id);
  if (status?.includes('ASSURED')) own += '<assured/>';
  if (status !== undefined && !status.includes('SEEN_REPLY')) own += '<unreplied/>';
  if (options.ktimestamp === true && flow.start !== undefined) {
    const stop = flow.stop === undefined ? undefined : nanosecondsOf(flow.stop);
    own += `<timestamp>${element('start', nanosecondsOf(flow.start))}${element('stop', stop)}</timestamp>`;
  }
  own += element('deltatime', deltaTimeOf(flow, options.now)) + extraOf(flow, 'independent');
  const when = formatWhen(event?.time, options);
  return (
    `<flow${event === undefined ? '' : ` type="${event.type}"`}>${meta(flow, 'original')}${meta(flow, 'reply')}` +
    `<meta direction="independent">${own}</meta>${when}${element('helper', flow.helper)}${extraOf(flow, 'flow')}</flow>` +
    userspaceText(flow)
  );
}
