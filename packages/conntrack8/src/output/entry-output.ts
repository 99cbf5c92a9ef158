import type { FlowEventType } from '@conntrack/flow';
import type { EntryCursor } from '@conntrack/netlink';
import { ByteWriter, LineWriter, XML_HEAD, XML_TAIL, XmlWriter } from '@conntrack/netlink/text';
import type { Request } from '../argv/request.js';
import type { Terminal } from '../terminal.js';
import { styleOf } from './style.js';

/** What is collected before it is written out, in bytes. */
const CHUNK = 256 * 1024;

/** Entries on their way to standard output, in chunks. */
export interface EntryOutput {
  /** Whole seconds from here on are counted to now. */
  tick(): void;
  entry(entry: EntryCursor): void;
  /** Writes one entry elsewhere. */
  row(entry: EntryCursor, into: ByteWriter): void;
  /** Writes out what is collected once it is much. @throws ReaderGone, OperationError */
  flushLarge(): void;
  /** Writes out everything. @throws ReaderGone, OperationError */
  flush(): void;
  /** Ends the document, where there is one and it has begun, and writes out everything. */
  end(): void;
}

/**
 * Entries as `-o` asks for them. `document`: XML has its head before the first entry and its tail behind the last; else bare elements.
 * `save`: what `-o save` begins a line with, by the event that it stands for (`-A`, `-U`, `-D`).
 */
export async function entryOutput(
  request: Pick<Request, 'output' | 'labelMap'>,
  terminal: Terminal,
  { document = false, save = 'new' }: { document?: boolean; save?: FlowEventType } = {},
): Promise<EntryOutput> {
  const style = await styleOf(request);
  const out = new ByteWriter(CHUNK + 64 * 1024);
  const lines = new LineWriter(style);
  const xml = new XmlWriter(style);
  let begun = false;
  let row: (entry: EntryCursor, into: ByteWriter) => void = (entry, into) => lines.line(entry, into);
  if (style.format === 'xml')
    row = (entry, into) => {
      if (document && !begun) into.text(XML_HEAD);
      begun = true;
      xml.write(entry, into);
      into.byte(10);
    };
  else if (style.format === 'save') {
    const { formatEvent } = await import('@conntrack/parser/format');
    row = (entry, into) => into.text(`${formatEvent({ type: save, flow: entry.flow() }, { format: 'save' })}\n`);
  }
  const flush = (): void => {
    if (out.at > 0) terminal.out(out.bytes, out.at);
    out.at = 0;
  };
  return {
    tick: () => {
      lines.now = Math.floor(Date.now() / 1000);
      xml.now = lines.now;
    },
    row,
    entry: entry => {
      row(entry, out);
      if (out.at >= CHUNK) flush();
    },
    flushLarge: () => {
      if (out.at >= CHUNK / 4) flush();
    },
    flush,
    end: () => {
      if (document && begun) out.text(XML_TAIL);
      flush();
    },
  };
}
