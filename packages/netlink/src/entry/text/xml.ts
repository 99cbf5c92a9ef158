import { AF_INET, AF_INET6, type Direction, EVENT_TYPES, ORIGINAL, REPLY, STATUS } from '@conntrack/flow';
import type { EntryReader } from '../reader.js';
import type { ByteWriter } from './byte-writer.js';
import { labelNamesOf } from './labels.js';
import { type Piece, piece } from './piece.js';
import { FOREIGN, GRE, HAS_PORTS, statePiece } from './protocol-pieces.js';
import type { TextStyle } from './style.js';
import { startOf, startTime, stopOf, stopTime } from './times.js';
import { ENDS, writeAddress } from './write-address.js';
import { DPORT, DST, LAYER4, LAYER4_END, PORTS_END, SPORT } from './xml-pieces.js';
import { XmlRow } from './xml-row.js';
import { element } from './xml-text.js';

/** What stands before the first flow, and behind the last. */
export const XML_HEAD = '<?xml version="1.0" encoding="utf-8"?>\n<conntrack>\n';
export const XML_TAIL = '</conntrack>\n';

const FLOW = piece('<flow>');
const EVENTS = EVENT_TYPES.map(type => piece(`<flow type="${type}">`));
const META = ['original', 'reply'].map(direction =>
  [AF_INET, AF_INET6].map(family =>
    piece(
      `<meta direction="${direction}"><layer3 protonum="${family}" protoname="${family === AF_INET ? 'ipv4' : 'ipv6'}"><src>`,
    ),
  ),
);
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
const OWN_STATES = piece('<meta direction="independent" states="own">');
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

/**
 * Writes entries as `<flow>` elements of `-o xml`, straight from the kernel's bytes. The same text as `formatFlow` of `@conntrack/parser`
 * with its own states makes.
 */
export class XmlWriter {
  readonly #style: TextStyle;
  readonly #row: XmlRow;
  /** Seconds since 1970 that `<deltatime>` counts to. */
  now = 0;

  constructor(style: TextStyle) {
    this.#style = style;
    this.#row = new XmlRow(style);
  }

  /** One entry's element, without a newline. */
  write(entry: EntryReader, out: ByteWriter): void {
    out.room();
    const end = this.#row.put(entry, out.view, out.at, this.now);
    if (end >= 0) {
      out.at = end;
      return;
    }
    const event = entry.event();
    const protonum = Math.max(0, entry.protonum());
    out.piece(event < 0 ? FLOW : EVENTS[event]!);
    this.#direction(entry, ORIGINAL, protonum, out);
    this.#direction(entry, REPLY, protonum, out);
    const state = entry.state();
    out.piece(state >= 0 && FOREIGN[protonum]! ? OWN_STATES : INDEPENDENT);
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
    this.#times(entry, out);
    out.piece(META_END);
    const helper = entry.helper();
    if (helper) out.text(element('helper', helper));
    out.piece(FLOW_END);
  }

  #times(entry: EntryReader, out: ByteWriter): void {
    const start = startOf(entry);
    if (start < 0) return;
    const stop = stopOf(entry);
    if (this.#style.ctime !== undefined) {
      const ended = stop < 0 ? '' : element('stop', String(stopTime(entry)));
      out.text(`<timestamp>${element('start', String(startTime(entry)))}${ended}</timestamp>`);
    }
    out.text(element('deltatime', Math.max(0, (stop < 0 ? this.now : stop) - start)));
  }

  #direction(entry: EntryReader, direction: Direction, protonum: number, out: ByteWriter): void {
    const [first, second] = ENDS[direction];
    out.piece(META[direction]![entry.family() === AF_INET ? 0 : 1]!);
    writeAddress(entry, first, out);
    out.piece(DST);
    writeAddress(entry, second, out);
    out.piece(LAYER4[protonum]!);
    if (HAS_PORTS[protonum]!) {
      number(SPORT, Math.max(0, entry.port(first)), DPORT, out);
      out.decimal(Math.max(0, entry.port(second)));
      out.piece(PORTS_END);
    } else {
      if (protonum === GRE)
        for (const [name, key] of [
          ['srckey', entry.greKey(first)],
          ['dstkey', entry.greKey(second)],
        ] as const)
          if (key >= 0) out.text(element(name, `0x${key.toString(16)}`));
      out.piece(LAYER4_END);
    }
    const zone = entry.directionZone(direction);
    if (zone > 0) number(ZONE, zone, ZONE_END, out);
    const packets = entry.packets(direction);
    const bytes = entry.bytes(direction);
    if (packets >= 0 || bytes >= 0) {
      out.piece(COUNTERS);
      number(PACKETS, packets, PACKETS_END, out);
      number(BYTES, bytes, BYTES_END, out);
      out.piece(COUNTERS_END);
    }
    out.piece(META_END);
  }
}

function number(open: Piece, value: number, close: Piece, out: ByteWriter): void {
  if (value < 0) return;
  out.piece(open);
  out.decimal(value);
  out.piece(close);
}
