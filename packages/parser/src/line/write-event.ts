import type { FlowEvent } from '@conntrack/flow';
import { parseNanoseconds } from '@conntrack/flow/text';
import { formatTag } from '../core/event-prefix.js';
import type { FormatOptions } from '../core/formats.js';
import { formatLine } from './write-line.js';

/** Formats the time in front of an event: seconds and six digits of microseconds. Empty if the event has no time, or if none is requested. */
export function formatEventTime({ time }: FlowEvent, options: FormatOptions): string {
  if (time === undefined || options.timestamp === false) return '';
  const micros = (parseNanoseconds(time) ?? 0n) / 1000n;
  return `[${micros / 1_000_000n}.${String(micros % 1_000_000n).padStart(6, '0')}]\t`;
}

/** Formats an event as one line of `conntrack -E`. */
export const formatLineEvent = (event: FlowEvent, options: FormatOptions): string =>
  formatEventTime(event, options) + formatTag(event.type) + formatLine(event.flow, options);
