import { type Flow, type FlowEvent, parseNanoseconds } from '@conntrack/flow';
import { formatLine } from './format-line.js';
import type { FormatOptions } from './formats.js';
import { formatTag } from './prefix.js';
import { formatSave } from './save-write.js';
import { formatXml } from './xml-write.js';

/** A flow as one line of a format, without its newline. XML: the element alone, see {@link XML_HEADER}. */
export function formatFlow(flow: Flow, options: FormatOptions): string {
  switch (options.format) {
    case 'ndjson':
      return JSON.stringify(flow);
    case 'save':
      return formatSave(flow);
    case 'xml':
      return formatXml(flow, options);
    default:
      return formatLine(flow, options);
  }
}

/** A time as events of flows have it in front: seconds and six digits of microseconds. */
export function formatEventTime(time: string): string {
  const micros = (parseNanoseconds(time) ?? 0n) / 1000n;
  return `[${micros / 1_000_000n}.${String(micros % 1_000_000n).padStart(6, '0')}]\t`;
}

/** An event as one line of `conntrack -E`, without its newline. */
export function formatEvent(event: FlowEvent, options: FormatOptions): string {
  const { type, flow, time } = event;
  switch (options.format) {
    case 'ndjson':
      return JSON.stringify(event);
    case 'xml':
      return formatXml(flow, options, event);
    default: {
      const front = time === undefined || options.timestamp === false ? '' : formatEventTime(time);
      return front + (options.format === 'save' ? formatSave(flow, type) : formatTag(type) + formatLine(flow, options));
    }
  }
}
