import type { Flow, FlowEvent } from '@conntrack/flow';
import { checkKeys, type OptionKeys } from '@conntrack/flow/checks';
import { printableJson } from '@conntrack/flow/text';
import type { DetectedFormat, FormatOptions } from '../core/formats.js';
import { formatEventTime, formatLineEvent } from '../line/write-event.js';
import { formatLine } from '../line/write-line.js';
import { formatSave } from '../save/write-save.js';
import { formatXml } from '../xml/write-flow.js';

/** The options of the writers. The result of `detectFormat` is allowed. */
const FORMAT: OptionKeys<FormatOptions & Pick<DetectedFormat, 'events'>> = {
  format: ['proc', 'ip_conntrack', 'conntrack', 'save', 'xml', 'ndjson'],
  extended: 0,
  id: 0,
  timestamp: 0,
  ktimestamp: 0,
  labels: 0,
  compact: 0,
  timeZone: 0,
  now: 0,
  xmlStates: ['tcp', 'own'],
  whole: 0,
  events: 0,
};

/**
 * Formats a flow as one line, without its newline. For XML this is only the element, see {@link XML_HEADER}. @throws OptionsError
 *
 * @example
 * ```ts
 * import { parseLine } from '@conntrack/parser';
 * import { formatFlow } from '@conntrack/parser/format';
 *
 * const flow = parseLine('udp 17 29 src=192.0.2.1 dst=192.0.2.53 sport=5353 dport=53 src=192.0.2.53 dst=192.0.2.1 sport=53 dport=5353 mark=0 use=1');
 * console.log(formatFlow(flow, { format: 'conntrack', extended: true }));
 * ```
 */
export function formatFlow(flow: Flow, options: FormatOptions): string {
  checkKeys('formatFlow', options, FORMAT);
  switch (options.format) {
    case 'ndjson':
      return printableJson(flow);
    case 'save':
      return formatSave(flow, options);
    case 'xml':
      return formatXml(flow, options);
    default:
      return formatLine(flow, options);
  }
}

/** Formats an event as one line of `conntrack -E`, without its newline. @throws OptionsError */
export function formatEvent(event: FlowEvent, options: FormatOptions): string {
  checkKeys('formatEvent', options, FORMAT);
  switch (options.format) {
    case 'ndjson':
      return printableJson(event);
    case 'xml':
      return formatXml(event.flow, options, event);
    case 'save':
      return formatEventTime(event, options) + formatSave(event.flow, options, event.type);
    default:
      return formatLineEvent(event, options);
  }
}
