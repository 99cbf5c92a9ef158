import { type Direction, EVENT_TYPES, STATUS } from '@conntrack/flow';
import { AF_INET, AF_INET6, ORIGINAL, REPLY } from '@conntrack/flow/codec';
import { GRE, HAS_PORTS } from '../protocols.js';
import type { EntryReader } from '../reader.js';
import type { ByteWriter } from './byte-writer.js';
import { type FixedText, fixedText } from './fixed-text.js';
import { labelNamesOf } from './labels.js';
import { FOREIGN, stateText } from './protocol-names.js';
import type { TextStyle } from './style.js';
import { startOf, startTime, stopOf, stopTime } from './times.js';
import { ENDS, writeAddress } from './write-address.js';
import { XmlRow } from './xml-row.js';
import { DPORT, DST, LAYER4_END, layer4, PORTS_END, SPORT } from './xml-tags.js';
import { element } from './xml-text.js';

/** The text before the first flow. */
export const XML_HEAD = '<?xml version="1.0" encoding="utf-8"?>\n<conntrack>\n';
/** The text after the last flow. */
export const XML_TAIL = '</conntrack>\n';

const FLOW = fixedText('<flow>');
const EVENTS = EVENT_TYPES.map(type => fixedText(`<flow type="${type}">`));
const META = ['original', 'reply'].map(direction =>
  [AF_INET, AF_INET6].map(family =>
    fixedText(
      `<meta direction="${direction}"><layer3 protonum="${family}" protoname="${family === AF_INET ? 'ipv4' : 'ipv6'}"><src>`,
    ),
  ),
);
const ZONE = fixedText('<zone>');
const ZONE_END = fixedText('</zone>');
const COUNTERS = fixedText('<counters>');
const PACKETS = fixedText('<packets>');
const PACKETS_END = fixedText('</packets>');
const BYTES = fixedText('<bytes>');
const BYTES_END = fixedText('</bytes>');
const COUNTERS_END = fixedText('</counters>');
const META_END = fixedText('</meta>');
const INDEPENDENT = fixedText('<meta direction="independent">');
const OWN_STATES = fixedText('<meta direction="independent" states="own">');
const STATE = fixedText('<state>');
const STATE_END = fixedText('</state>');
const TIMEOUT = fixedText('<timeout>');
const TIMEOUT_END = fixedText('</timeout>');
const MARK = fixedText('<mark>');
const MARK_END = fixedText('</mark>');
const USE = fixedText('<use>');
const USE_END = fixedText('</use>');
const ID = fixedText('<id>');
const ID_END = fixedText('</id>');
const ASSURED = fixedText('<assured/>');
const UNREPLIED = fixedText('<unreplied/>');
const FLOW_END = fixedText('</flow>');

/**
 * Writes entries as `<flow>` elements of `-o xml`, directly from the kernel's bytes. The text equals that of `formatFlow` of
 * `@conntrack/parser` with `xmlStates: 'own'`.
 */
export class XmlWriter {
  readonly #style: TextStyle;
  readonly #row: XmlRow;
  /** Seconds since 1970 up to which `<deltatime>` is computed. */
  now = 0;

  constructor(style: TextStyle) {
    this.#style = style;
    this.#row = new XmlRow(style);
  }

  /** Writes the element of one entry, without a newline. */
  write(entry: EntryReader, out: ByteWriter): void {
    out.room();
    const end = this.#row.put(entry, out.view, out.at, this.now);
    if (end >= 0) {
      out.at = end;
      return;
    }
    const event = entry.event();
    const protonum = Math.max(0, entry.protonum());
    out.fixed(event < 0 ? FLOW : EVENTS[event]!);
    this.#direction(entry, ORIGINAL, protonum, out);
    this.#direction(entry, REPLY, protonum, out);
    const state = entry.state();
    out.fixed(state >= 0 && FOREIGN[protonum]! ? OWN_STATES : INDEPENDENT);
    if (state >= 0) {
      out.fixed(STATE);
      out.fixed(stateText(protonum, state));
      out.fixed(STATE_END);
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
      if ((status & STATUS.ASSURED) !== 0) out.fixed(ASSURED);
      if ((status & STATUS.SEEN_REPLY) === 0) out.fixed(UNREPLIED);
    }
    this.#times(entry, out);
    out.fixed(META_END);
    const helper = entry.helper();
    if (helper) out.text(element('helper', helper));
    out.fixed(FLOW_END);
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
    out.fixed(META[direction]![entry.family() === AF_INET ? 0 : 1]!);
    writeAddress(entry, first, out);
    out.fixed(DST);
    writeAddress(entry, second, out);
    out.fixed(layer4(protonum));
    if (HAS_PORTS[protonum]!) {
      number(SPORT, Math.max(0, entry.port(first)), DPORT, out);
      out.decimal(Math.max(0, entry.port(second)));
      out.fixed(PORTS_END);
    } else {
      if (protonum === GRE)
        for (const [name, key] of [
          ['srckey', entry.greKey(first)],
          ['dstkey', entry.greKey(second)],
        ] as const)
          if (key >= 0) out.text(element(name, `0x${key.toString(16)}`));
      out.fixed(LAYER4_END);
    }
    const zone = entry.directionZone(direction);
    if (zone > 0) number(ZONE, zone, ZONE_END, out);
    const packets = entry.packets(direction);
    const bytes = entry.bytes(direction);
    if (packets >= 0 || bytes >= 0) {
      out.fixed(COUNTERS);
      number(PACKETS, packets, PACKETS_END, out);
      number(BYTES, bytes, BYTES_END, out);
      out.fixed(COUNTERS_END);
    }
    out.fixed(META_END);
  }
}

function number(open: FixedText, value: number, close: FixedText, out: ByteWriter): void {
  if (value < 0) return;
  out.fixed(open);
  out.decimal(value);
  out.fixed(close);
}
