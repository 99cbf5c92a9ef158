import { type Direction, EVENT_TYPES, ORIGINAL, REPLY, STATUS } from '@conntrack/flow';
import type { EntryCursor } from '@conntrack/netlink';
import { XmlRow } from '../rows/xml-row.js';
import { type ByteWriter, type Piece, piece } from './bytes.js';
import { labelNamesOf } from './labels.js';
import { seconds } from './line-writer.js';
import { GRE, HAS_PORTS, PRINTED, statePiece } from './pieces.js';
import { CTA_COUNTERS, RawCounters, RawTuple, writeAddress } from './raw-tuple.js';
import type { Style } from './style.js';

/** What stands before the first flow, and behind the last. */
export const XML_HEAD = '<?xml version="1.0" encoding="utf-8"?>\n<conntrack>\n';
export const XML_TAIL = '</conntrack>\n';

const FLOW = piece('<flow>');
const EVENTS = EVENT_TYPES.map(type => piece(`<flow type="${type}">`));
const META = ['original', 'reply'].map(direction =>
  [2, 10].map(family =>
    piece(
      `<meta direction="${direction}"><layer3 protonum="${family}" protoname="${family === 2 ? 'ipv4' : 'ipv6'}"><src>`,
    ),
  ),
);
const DST = piece('</src><dst>');
const LAYER4 = PRINTED.map((name, number) => piece(`</dst></layer3><layer4 protonum="${number}" protoname="${name}">`));
const SPORT = piece('<sport>');
const DPORT = piece('</sport><dport>');
const PORTS_END = piece('</dport></layer4>');
const LAYER4_END = piece('</layer4>');
const ZONE = piece('<zone>');
const ZONE_END = piece('</zone>');
const COUNTERS = piece('<counters>');
const PACKETS = piece('<packets>');
const PACKETS_END = piece('</packets>');
const BYTES = piece('<bytes>');
const BYTES_END = piece('</bytes>');
const COUNTERS_END = piece('</counters>');
const META_END = piece('</meta>');
const INDEPENDENT = piece('<meta direction="independent">');
const STATE = piece('<state>');
const STATE_END = piece('</state>');
const TIMEOUT = piece('<timeout>');
const TIMEOUT_END = piece('</timeout>');
const MARK = piece('<mark>');
const MARK_END = piece('</mark>');
const USE = piece('<use>');
const USE_END = piece('</use>');
const ID = piece('<id>');
const ID_END = piece('</id>');
const ASSURED = piece('<assured/>');
const UNREPLIED = piece('<unreplied/>');
const FLOW_END = piece('</flow>');

const AF_INET = 2;
// linux/netfilter/nfnetlink_conntrack.h
const CTA_TIMESTAMP = 20;
const CTA_TIMESTAMP_START = 1;
const CTA_TIMESTAMP_STOP = 2;

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text: string): string => text.replace(/[&<>"]/g, letter => escapes[letter]!);
const element = (name: string, text: string | number): string => `<${name}>${escaped(String(text))}</${name}>`;

/**
 * Writes entries as `<flow>` elements of `-o xml`, straight from the kernel's bytes. The same text as `formatFlow` of `@conntrack/parser`
 * with its own states makes.
 */
export class XmlWriter {
  readonly #style: Style;
  readonly #row: XmlRow;
  readonly #tuple = new RawTuple();
  readonly #counters = new RawCounters();
  /** Seconds since 1970 that `<deltatime>` counts to. */
  now = 0;

  constructor(style: Style) {
    this.#style = style;
    this.#row = new XmlRow(style);
  }

  /** One entry's element, without a newline. `when` stands behind the entry's own `<meta>`. */
  write(entry: EntryCursor, out: ByteWriter, when = ''): void {
    out.room();
    const end = when === '' ? this.#row.put(entry, out.view, out.at) : -1;
    if (end >= 0) {
      out.at = end;
      return;
    }
    const event = entry.event();
    const protonum = Math.max(0, entry.protonum());
    const present = entry.presence();
    out.piece(event < 0 ? FLOW : EVENTS[event]!);
    this.#direction(entry, ORIGINAL, protonum, present, out);
    this.#direction(entry, REPLY, protonum, present, out);
    out.piece(INDEPENDENT);
    const state = entry.state();
    if (state >= 0) {
      out.piece(STATE);
      out.piece(statePiece(protonum, state));
      out.piece(STATE_END);
    }
    number(TIMEOUT, entry.timeout(), TIMEOUT_END, out);
    number(MARK, entry.mark(), MARK_END, out);
    const { labels } = this.#style;
    const names = labels === undefined ? undefined : labelNamesOf(entry, labels);
    if (names !== undefined) out.text(`<labels>${names.map(name => element('label', name)).join('')}</labels>`);
    const secmark = entry.secmark();
    if (secmark >= 0) out.text(element('secmark', secmark));
    const secctx = entry.secctx();
    if (secctx !== undefined) out.text(element('secctx', secctx));
    const zone = entry.zone();
    if (zone > 0) number(ZONE, zone, ZONE_END, out);
    number(USE, entry.use(), USE_END, out);
    number(ID, entry.id(), ID_END, out);
    const status = entry.status();
    if (status >= 0) {
      if ((status & STATUS.ASSURED) !== 0) out.piece(ASSURED);
      if ((status & STATUS.SEEN_REPLY) === 0) out.piece(UNREPLIED);
    }
    if ((present & (1 << CTA_TIMESTAMP)) !== 0) this.#times(entry, out);
    out.piece(META_END);
    if (when !== '') out.text(when);
    const helper = entry.helper();
    if (helper) out.text(element('helper', helper));
    out.piece(FLOW_END);
  }

  #times(entry: EntryCursor, out: ByteWriter): void {
    const start = seconds(entry, CTA_TIMESTAMP_START);
    if (start < 0) return;
    const stop = seconds(entry, CTA_TIMESTAMP_STOP);
    if (this.#style.ctime !== undefined) {
      const raw = (which: number): string => String(entry.view.getBigUint64(entry.inside(CTA_TIMESTAMP, which, 8)));
      const ended = stop < 0 ? '' : element('stop', raw(CTA_TIMESTAMP_STOP));
      out.text(`<timestamp>${element('start', raw(CTA_TIMESTAMP_START))}${ended}</timestamp>`);
    }
    out.text(element('deltatime', (stop < 0 ? this.now : stop) - start));
  }

  #direction(entry: EntryCursor, direction: Direction, protonum: number, present: number, out: ByteWriter): void {
    const tuple = this.#tuple;
    const { buffer } = entry;
    out.piece(META[direction]![entry.family() === AF_INET ? 0 : 1]!);
    if (HAS_PORTS[protonum]! && tuple.find(entry, direction)) {
      if (tuple.v4) out.ipv4(buffer, tuple.src);
      else out.ipv6(buffer, tuple.src);
      out.piece(DST);
      if (tuple.v4) out.ipv4(buffer, tuple.dst);
      else out.ipv6(buffer, tuple.dst);
      out.piece(LAYER4[protonum]!);
      out.piece(SPORT);
      out.decimal(buffer[tuple.sport]! * 256 + buffer[tuple.sport + 1]!);
      out.piece(DPORT);
      out.decimal(buffer[tuple.dport]! * 256 + buffer[tuple.dport + 1]!);
      out.piece(PORTS_END);
    } else this.#other(entry, direction, protonum, out);
    const zone = entry.directionZone(direction);
    if (zone > 0) number(ZONE, zone, ZONE_END, out);
    if ((present & (1 << CTA_COUNTERS[direction])) !== 0) {
      const counters = this.#counters;
      counters.read(entry, direction);
      if (counters.packets >= 0 || counters.bytes >= 0) {
        out.piece(COUNTERS);
        number(PACKETS, counters.packets, PACKETS_END, out);
        number(BYTES, counters.bytes, BYTES_END, out);
        out.piece(COUNTERS_END);
      }
    }
    out.piece(META_END);
  }

  #other(entry: EntryCursor, direction: Direction, protonum: number, out: ByteWriter): void {
    const first = direction === ORIGINAL ? 0 : 2;
    const second = direction === ORIGINAL ? 1 : 3;
    writeAddress(entry, first, out);
    out.piece(DST);
    writeAddress(entry, second, out);
    out.piece(LAYER4[protonum]!);
    if (HAS_PORTS[protonum]!) {
      number(SPORT, Math.max(0, entry.port(first)), DPORT, out);
      out.decimal(Math.max(0, entry.port(second)));
      out.piece(PORTS_END);
      return;
    }
    if (protonum === GRE) {
      for (const [name, key] of [
        ['srckey', entry.greKey(first)],
        ['dstkey', entry.greKey(second)],
      ] as const)
        if (key >= 0) out.text(element(name, `0x${key.toString(16)}`));
    }
    out.piece(LAYER4_END);
  }
}

function number(open: Piece, value: number, close: Piece, out: ByteWriter): void {
  if (value < 0) return;
  out.piece(open);
  out.decimal(value);
  out.piece(close);
}
