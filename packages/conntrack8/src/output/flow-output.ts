import type { Flow } from '@conntrack/flow';
import { type FormatOptions, formatFlow, XML_HEADER } from '@conntrack/parser/format';
import type { Request } from '../argv/request.js';
import type { Terminal } from '../terminal.js';

const encoder = new TextEncoder();

/** The format options for a request's `-o`. */
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

/** Characters that are collected before they are written. */
const CHUNK = 64 * 1024;

/** Writes single flows to standard output. */
export interface FlowOutput {
  write(flow: Flow): void;
  /** Writes all collected text. @throws ReaderGone, OperationError */
  flush(): void;
}

/** Makes the output that `-o` requests. `head`: whether XML has its head before the first flow. */
export function flowOutput(
  request: Request,
  terminal: Terminal,
  { head = false }: { head?: boolean } = {},
): FlowOutput {
  const options = formatOptionsOf(request);
  let text = head && options.format === 'xml' ? `${XML_HEADER}\n` : '';
  let begun = false;
  const flush = (): void => {
    if (begun) terminal.out(encoder.encode(text));
    text = '';
    begun = false;
  };
  return {
    write: flow => {
      begun = true;
      text += `${formatFlow(flow, options)}\n`;
      if (text.length >= CHUNK) flush();
    },
    flush,
  };
}
