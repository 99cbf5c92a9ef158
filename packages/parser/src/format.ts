import type { Flow, FlowEvent } from '@conntrack/flow';
import { formatLine } from './format-line.js';
import type { FormatOptions } from './formats.js';
import { formatTag } from './prefix.js';

/** A flow as one line, without its newline. */
export function formatFlow(flow: Flow, options: FormatOptions): string {
  return options.format === 'ndjson' ? JSON.stringify(flow) : formatLine(flow, options);
}

/** An event as one line of `conntrack -E`, without its newline. */
export function formatEvent(event: FlowEvent, options: FormatOptions): string {
  if (options.format === 'ndjson') return JSON.stringify(event);
  return formatTag(event.type) + formatLine(event.flow, options);
}
