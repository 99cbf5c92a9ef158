import { checkKeys, type Flow, type FlowEvent, printableJson } from '@conntrack/flow';
import { formatEventTime, formatLineEvent } from './format-event.js';
import { formatLine } from './format-line.js';
import { FORMAT } from './format-options.js';
import type { FormatOptions } from './formats.js';
import { formatSave } from './save-write.js';
import { formatXml } from './xml-write.js';

/** A flow as one line of a format, without its newline. XML: the element alone, see {@link XML_HEADER}. @throws OptionsError */
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

/** An event as one line of `conntrack -E`, without its newline. @throws OptionsError */
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

export { detectFormat } from './detect.js';
export type { DetectedFormat, FlowFormat, FormatOptions, TextFormat } from './formats.js';
export { formatCtime, parseCtime, type TimeZone } from './local-time.js';
export { XML_FOOTER, XML_HEADER } from './xml-write.js';
