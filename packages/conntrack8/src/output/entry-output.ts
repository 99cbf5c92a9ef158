import type { FlowEventType } from '@conntrack/flow';
import type { EntryCursor } from '@conntrack/netlink';
import { ByteWriter, LineWriter, XML_HEAD, XML_TAIL, XmlWriter } from '@conntrack/netlink/text';
import type { Request } from '../argv/request.js';
import type { Terminal } from '../terminal.js';
import { styleOf } from './style.js';

/** Bytes that are collected before they are written. */
const CHUNK = 256 * 1024;

/** Writes entries to standard output in chunks. */
export interface EntryOutput {
  /** Updates the current time, which `delta-time` is computed with. */
  tick(): void;
  entry(entry: EntryCursor): void;
  /** Writes one entry into another buffer. */
  row(entry: EntryCursor, into: ByteWriter): void;
  /** Writes the collected bytes if there are many. @throws ReaderGone, OperationError */
  flushLarge(): void;
  /** Writes all collected bytes. @throws ReaderGone, OperationError */
  flush(): void;
  /** Ends the document, if it has begun, and writes all collected bytes. */
  end(): void;
}

/**
 * Makes the output that `-o` requests. `document`: XML has a head before the first entry and a tail after the last;
 * otherwise the elements are bare. `save`: the first word of a line of `-o save` for the event (`-A`, `-U`, `-D`).
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
