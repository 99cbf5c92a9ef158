import { type Direction, EVENT_TYPES, STATUS } from '@conntrack/flow';
import { AF_INET, ORIGINAL, REPLY } from '@conntrack/flow/codec';
import { printable } from '@conntrack/flow/text';
import { GRE, HAS_PORTS, ICMP, ICMPV6 } from '../protocols.js';
import type { EntryReader } from '../reader.js';
import type { ByteWriter } from './byte-writer.js';
import { type FixedText, fixedText } from './fixed-text.js';
import { labelText } from './labels.js';
import {
  ASSURED,
  BYTES,
  CODE,
  DELTA,
  DPORT,
  DST,
  HW_OFFLOAD,
  ID,
  LAYER3,
  layer4,
  MARK,
  OFFLOAD,
  PACKETS,
  SPORT,
  SRC,
  TYPE,
  USE,
  ZONE,
} from './line-names.js';
import { LineRow } from './line-row.js';
import { stateText } from './protocol-names.js';
import type { TextStyle } from './style.js';
import { startOf, stopOf } from './times.js';
import { ENDS, writeAddress } from './write-address.js';

const SECMARK = fixedText(' secmark=');
const UNREPLIED = fixedText(' [UNREPLIED] ');
const ZONES = [fixedText(' zone-orig='), fixedText(' zone-reply=')];
const TAGS = EVENT_TYPES.map(type => fixedText(`${`[${type.toUpperCase()}]`.padStart(9)} `));
const SPACE = 32;
const NEWLINE = 10;

/**
 * Writes entries as lines of `conntrack -L` and `-E`, directly from the kernel's bytes. The text equals that of `formatFlow` of
 * `@conntrack/parser` for the entry's `Flow` (a property test compares them), and is made several times as fast.
 */
export class LineWriter {
  readonly #style: TextStyle;
  readonly #row: LineRow;
  /** Seconds since 1970 up to which `delta-time=` is computed. */
  now = 0;

  constructor(style: TextStyle) {
    this.#style = style;
    this.#row = new LineRow(style);
  }

  /** Writes the line of one entry, without its newline. */
  write(entry: EntryReader, out: ByteWriter): void {
    out.room();
    const end = this.#row.put(entry, out.view, out.at, this.now);
    if (end >= 0) {
      out.at = end;
      return;
    }
    const protonum = Math.max(0, entry.protonum());
    if (this.#style.extended) out.fixed(LAYER3[entry.family() === AF_INET ? 0 : 1]!);
    out.fixed(layer4(protonum));
    const timeout = entry.timeout();
    if (timeout >= 0) {
      out.decimal(timeout);
      out.byte(SPACE);
    }
    const state = entry.state();
    if (state >= 0) {
      out.fixed(stateText(protonum, state));
      out.byte(SPACE);
    }
    const status = entry.status();
    this.#direction(entry, ORIGINAL, protonum, out);
    if (status >= 0 && (status & STATUS.SEEN_REPLY) === 0) out.fixed(UNREPLIED);
    else out.byte(SPACE);
    this.#direction(entry, REPLY, protonum, out);
    if (status > 0) {
      if ((status & STATUS.HW_OFFLOAD) !== 0) out.fixed(HW_OFFLOAD);
      else if ((status & STATUS.OFFLOAD) !== 0) out.fixed(OFFLOAD);
      else if ((status & STATUS.ASSURED) !== 0) out.fixed(ASSURED);
    }
    value(MARK, entry.mark(), out);
    this.#rare(entry, out);
    value(USE, entry.use(), out);
    if (this.#style.id) value(ID, entry.id(), out);
    if (this.#style.labels !== undefined) out.text(labelText(entry, this.#style.labels));
  }

  /** Writes the line of one entry, with its newline. */
  line(entry: EntryReader, out: ByteWriter): void {
    this.write(entry, out);
    out.byte(NEWLINE);
  }

  /** Writes the tag in front of an event's line. */
  tag(event: number, out: ByteWriter): void {
    out.fixed(TAGS[event]!);
  }

  #direction(entry: EntryReader, direction: Direction, protonum: number, out: ByteWriter): void {
    const [first, second] = ENDS[direction];
    out.fixed(SRC);
    writeAddress(entry, first, out);
    out.fixed(DST);
    writeAddress(entry, second, out);
    if (HAS_PORTS[protonum]!) {
      // If the kernel has no tracker for the protocol, it sends no ports, and 0 is printed.
      value(SPORT, Math.max(0, entry.port(first)), out);
      value(DPORT, Math.max(0, entry.port(second)), out);
    } else if (protonum === ICMP || protonum === ICMPV6) {
      value(TYPE, entry.icmpType(direction), out);
      value(CODE, entry.icmpCode(direction), out);
      value(ID, entry.icmpId(direction), out);
    } else if (protonum === GRE) {
      const [srckey, dstkey] = [entry.greKey(first), entry.greKey(second)];
      if (srckey >= 0) out.text(` srckey=0x${srckey.toString(16)}`);
      if (dstkey >= 0) out.text(` dstkey=0x${dstkey.toString(16)}`);
    }
    const zone = entry.directionZone(direction);
    if (zone > 0) value(ZONES[direction]!, zone, out);
    value(PACKETS, entry.packets(direction), out);
    value(BYTES, entry.bytes(direction), out);
  }

  #rare(entry: EntryReader, out: ByteWriter): void {
    value(SECMARK, entry.secmark(), out);
    const secctx = entry.secctx();
    if (secctx !== undefined) out.text(` secctx=${printable(secctx)}`);
    const zone = entry.zone();
    if (zone > 0) value(ZONE, zone, out);
    const start = startOf(entry);
    const stop = stopOf(entry);
    if (start >= 0) {
      out.fixed(DELTA);
      // The clock may have been set back before the start.
      out.decimal(Math.max(0, (stop >= 0 ? stop : this.now) - start));
    }
    const { ctime } = this.#style;
    if (ctime !== undefined) {
      if (start >= 0) out.text(` [start=${ctime(start)}]`);
      if (stop >= 0) out.text(` [stop=${ctime(stop)}]`);
    }
    const helper = entry.helper();
    if (helper) out.text(` helper=${printable(helper)}`);
  }
}

/** Writes a number after its name; writes nothing for a negative number. */
function value(name: FixedText, number: number, out: ByteWriter): void {
  if (number < 0) return;
  out.fixed(name);
  out.decimal(number);
}
