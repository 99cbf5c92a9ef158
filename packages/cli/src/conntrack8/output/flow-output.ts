import type { Flow } from '@conntrack/flow';
import { type FormatOptions, formatFlow, XML_HEADER } from '@conntrack/parser';
import type { Request } from '../request.js';
import type { Terminal } from '../terminal.js';
import { withShownVtag } from '../vtag.js';

const encoder = new TextEncoder();

/** The format options of a request's `-o`. */
export function formatOptionsOf({ output, labelMap }: Pick<Request, 'output' | 'labelMap'>): FormatOptions {
  return {
    format: output.has('xml') ? 'xml' : output.has('save') ? 'save' : 'conntrack',
    extended: output.has('extended'),
    id: output.has('id'),
    ktimestamp: output.has('ktimestamp'),
    labels: labelMap ?? false,
    xmlStates: 'own',
    now: Date.now(),
  };
}

/** Single flows to standard output, each at once. `head`: XML has its head in front of the first. */
export function flowOutput(
  request: Request,
  terminal: Terminal,
  { head = false }: { head?: boolean } = {},
): (flow: Flow) => void {
  const options = formatOptionsOf(request);
  let begin = head && options.format === 'xml' ? `${XML_HEADER}\n` : '';
  return flow => {
    const line = options.format === 'save' ? formatFlow(withShownVtag(flow), options) : formatFlow(flow, options);
    terminal.out(encoder.encode(`${begin}${line}\n`));
    begin = '';
  };
}
