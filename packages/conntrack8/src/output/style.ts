import type { TextStyle } from '@conntrack/netlink/text';
import type { Request } from '../argv/request.js';

/** How entries are written, according to `-o`. */
export interface Style extends TextStyle {
  readonly format: 'line' | 'xml' | 'save';
  readonly timestamp: boolean;
}

/** The style for deleted and updated entries: conntrack(8) never prints their start times. */
export function ofChanged({ output }: Pick<Request, 'output'>): Request['output'] {
  return new Set([...output].filter(word => word !== 'ktimestamp'));
}

/** The style for a request's `-o`. The code for times is loaded only if it is needed. */
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
