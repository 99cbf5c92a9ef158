import { EVENT_TYPES, type FlowEvent } from '@conntrack/flow';
import { printable } from '@conntrack/flow/text';
import type { EntryCursor, EventSlab } from '@conntrack/netlink';
import { ascii, ByteWriter, LineWriter, XML_HEAD, XML_TAIL, XmlWriter } from '@conntrack/netlink/text';
import type { Request } from '../argv/request.js';
import type { Match } from '../select/match.js';
import { formatOptionsOf } from './flow-output.js';
import { programOf } from './program-of.js';
import { styleOf } from './style.js';

const NEWLINE = 10;
const ROOM = 256 * 1024;
const NOTHING = new Uint8Array(0);

/** Writes events to standard output. */
export interface EventOutput {
  /** The text of a slab's events, and their number. The bytes belong to the receiver. */
  take(slab: EventSlab): { bytes: Uint8Array; shown: number };
  /** The end of the document, if it has begun. */
  end(): Uint8Array;
}

/** The current time in RFC 3339 with microseconds. */
export function nowText(): string {
  const micros = Math.round((performance.timeOrigin + performance.now()) * 1000);
  return `${new Date(Math.floor(micros / 1000)).toISOString().slice(0, -1)}${String(micros % 1000).padStart(3, '0')}Z`;
}

/** The time before an event: `[seconds.microseconds]` and a tab. */
function stamp(time: string): string {
  const seconds = Math.floor(Date.parse(`${time.slice(0, 19)}Z`) / 1000);
  return `[${seconds}.${time.slice(20, 26).padEnd(6, '0')}]\t`;
}

/** Makes the output that `-o` requests. Events that do not match are skipped. */
export async function eventOutput(request: Request, match: Match | undefined): Promise<EventOutput> {
  const style = await styleOf(request);
  const out = new ByteWriter(ROOM);
  const lines = new LineWriter(style);
  const xml = new XmlWriter(style);
  const { formatEvent } = await import('@conntrack/parser/format');
  let begun = false;

  /** Writes the event as an object, for XML with a time and for `-o save`. */
  const asObject = (entry: EntryCursor): void => {
    const flow = entry.flow();
    const progname = flow.portid === undefined ? undefined : programOf(flow.portid);
    if (progname !== undefined) flow.progname = progname;
    if (style.format === 'xml') delete flow.portid;
    const event: FlowEvent = { type: EVENT_TYPES[entry.event()]!, flow };
    if (style.timestamp) event.time = entry.eventTime() ?? nowText();
    out.text(`${formatEvent(event, formatOptionsOf(request))}\n`);
  };
  const asLine = (entry: EntryCursor): void => {
    out.room();
    if (style.timestamp) out.text(stamp(entry.eventTime() ?? nowText()));
    lines.tag(entry.event(), out);
    lines.write(entry, out);
    const portid = entry.portid();
    if (portid > 0) {
      const program = programOf(portid);
      out.text(` [USERSPACE] portid=${portid}${program === undefined ? '' : ` progname=${printable(program)}`}`);
    }
    out.byte(NEWLINE);
  };
  const asXml = (entry: EntryCursor): void => {
    xml.write(entry, out);
    out.byte(NEWLINE);
  };
  const write = style.format === 'line' ? asLine : style.format === 'xml' && !style.timestamp ? asXml : asObject;

  return {
    take: slab => {
      const cursor = slab.cursor();
      let shown = 0;
      lines.now = Math.floor(Date.now() / 1000);
      xml.now = lines.now;
      while (cursor.next()) {
        if (match !== undefined && !match(cursor)) continue;
        if (style.format === 'xml' && !begun) out.text(XML_HEAD);
        begun = true;
        write(cursor);
        shown++;
      }
      const bytes = out.bytes.slice(0, out.at);
      out.at = 0;
      return { bytes, shown };
    },
    end: () => (style.format === 'xml' && begun ? ascii(XML_TAIL) : NOTHING),
  };
}
