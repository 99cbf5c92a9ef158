import type { Flow } from '@conntrack/flow';
import { type FormatOptions, formatFlow, XML_HEADER } from '@conntrack/parser/format';
import type { Request } from '../argv/request.js';
import type { Terminal } from '../terminal.js';

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

/** What is collected before it is written out, in characters. */
const CHUNK = 64 * 1024;

/** Single flows on their way to standard output. */
export interface FlowOutput {
  write(flow: Flow): void;
  /** Writes out what is collected. @throws ReaderGone, OperationError */
  flush(): void;
}

/** Flows as `-o` asks for them. `head`: XML has its head in front of the first. */
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
