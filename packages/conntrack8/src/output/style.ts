import type { TextStyle } from '@conntrack/netlink/text';
import type { Request } from '../argv/request.js';

/** How entries are written: what `-o` asked for. */
export interface Style extends TextStyle {
  readonly format: 'line' | 'xml' | 'save';
  readonly timestamp: boolean;
}

/** What `-o` asks for of entries that were deleted or updated: conntrack(8) never shows their start times. */
export function ofChanged({ output }: Pick<Request, 'output'>): Request['output'] {
  return new Set([...output].filter(word => word !== 'ktimestamp'));
}

/** The style of a request's `-o`. The text of times is loaded where it is asked for. */
export async function styleOf({ output, labelMap }: Pick<Request, 'output' | 'labelMap'>): Promise<Style> {
  let ctime: Style['ctime'];
  if (output.has('ktimestamp')) {
    const { formatCtime } = await import('@conntrack/parser/format');
    ctime = seconds => formatCtime(seconds * 1000, 'local');
  }
  return {
    format: output.has('xml') ? 'xml' : output.has('save') ? 'save' : 'line',
    extended: output.has('extended'),
    id: output.has('id'),
    timestamp: output.has('timestamp'),
    ctime,
    labels: labelMap,
  };
}
