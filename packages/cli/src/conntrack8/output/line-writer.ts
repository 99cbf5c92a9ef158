import { type Direction, EVENT_TYPES, ORIGINAL, REPLY, STATUS } from '@conntrack/flow';
import type { EntryCursor } from '@conntrack/netlink';
import { LineRow } from '../rows/line-row.js';
import { type ByteWriter, type Piece, piece } from './bytes.js';
import { labelText } from './labels.js';
import { GRE, HAS_PORTS, ICMP, ICMPV6, PRINTED, statePiece } from './pieces.js';
import { CTA_COUNTERS, RawCounters, RawTuple, writeAddress } from './raw-tuple.js';
import type { Style } from './style.js';

const LAYER4 = PRINTED.map((name, number) => piece(`${name.padEnd(8)} ${number} `));
const LAYER3 = [piece('ipv4     2 '), piece('ipv6     10 ')];
const SRC = piece('src=');
const DST = piece(' dst=');
const SPORT = piece(' sport=');
const DPORT = piece(' dport=');
const TYPE = piece(' type=');
const CODE = piece(' code=');
const ID = piece(' id=');
const SRCKEY = piece(' srckey=0x');
const DSTKEY = piece(' dstkey=0x');
const ZONES = [piece(' zone-orig='), piece(' zone-reply=')];
const PACKETS = piece(' packets=');
const BYTES = piece(' bytes=');
const UNREPLIED = piece(' [UNREPLIED] ');
const ASSURED = piece(' [ASSURED]');
const OFFLOAD = piece(' [OFFLOAD]');
const HW_OFFLOAD = piece(' [HW_OFFLOAD]');
const MARK = piece(' mark=');
const ZONE = piece(' zone=');
const DELTA = piece(' delta-time=');
const USE = piece(' use=');
const TAGS = EVENT_TYPES.map(type => piece(`${`[${type.toUpperCase()}]`.padStart(9)} `));
const SPACE = 32;
const NEWLINE = 10;

const AF_INET = 2;
// linux/netfilter/nfnetlink_conntrack.h
const CTA_HELP = 5;
const CTA_SECMARK = 17;
const CTA_ZONE = 18;
const CTA_SECCTX = 19;
const CTA_TIMESTAMP = 20;
const CTA_LABELS = 22;
const CTA_TIMESTAMP_START = 1;
const CTA_TIMESTAMP_STOP = 2;
const RARE =
  (1 << CTA_HELP) | (1 << CTA_SECMARK) | (1 << CTA_ZONE) | (1 << CTA_SECCTX) | (1 << CTA_TIMESTAMP) | (1 << CTA_LABELS);

/**
 * Writes entries as lines of `conntrack -L` and `-E`, straight from the kernel's bytes. The same text as `formatFlow` of `@conntrack/parser`
 * makes of the entry's `Flow` (a property test holds the two together), in a tenth of the time.
 */
export class LineWriter {
  readonly #style: Style;
  readonly #row: LineRow;
  readonly #tuple = new RawTuple();
  readonly #counters = new RawCounters();
  /** Seconds since 1970 that `delta-time=` counts to. */
  now = 0;

  constructor(style: Style) {
    this.#style = style;
    this.#row = new LineRow(style);
  }

  /** One entry's line, without its newline. */
  write(entry: EntryCursor, out: ByteWriter): void {
    out.room();
    const end = this.#row.put(entry, out.view, out.at);
    if (end >= 0) {
      out.at = end;
      return;
    }
    const present = entry.presence();
    const protonum = Math.max(0, entry.protonum());
    if (this.#style.extended) out.piece(LAYER3[entry.family() === AF_INET ? 0 : 1]!);
    out.piece(LAYER4[protonum]!);
    const timeout = entry.timeout();
    if (timeout >= 0) {
      out.decimal(timeout);
      out.byte(SPACE);
    }
    const state = entry.state();
    if (state >= 0) {
      out.piece(statePiece(protonum, state));
      out.byte(SPACE);
    }
    const status = entry.status();
    this.#direction(entry, ORIGINAL, protonum, present, out);
    if (status >= 0 && (status & STATUS.SEEN_REPLY) === 0) out.piece(UNREPLIED);
    else out.byte(SPACE);
    this.#direction(entry, REPLY, protonum, present, out);
    if (status > 0) {
      if ((status & STATUS.HW_OFFLOAD) !== 0) out.piece(HW_OFFLOAD);
      else if ((status & STATUS.OFFLOAD) !== 0) out.piece(OFFLOAD);
      else if ((status & STATUS.ASSURED) !== 0) out.piece(ASSURED);
    }
    const mark = entry.mark();
    if (mark >= 0) {
      out.piece(MARK);
      out.decimal(mark);
    }
    const rare = (present & RARE) !== 0;
    if (rare) this.#rare(entry, out);
    const use = entry.use();
    if (use >= 0) {
      out.piece(USE);
      out.decimal(use);
    }
    if (this.#style.id) {
      const id = entry.id();
      if (id >= 0) {
        out.piece(ID);
        out.decimal(id);
      }
    }
    if (rare && this.#style.labels !== undefined) out.text(labelText(entry, this.#style.labels));
  }

  /** The same with its newline. */
  line(entry: EntryCursor, out: ByteWriter): void {
    this.write(entry, out);
    out.byte(NEWLINE);
  }

  /** The tag in front of an event's line. */
  tag(event: number, out: ByteWriter): void {
    out.piece(TAGS[event]!);
  }

  #direction(entry: EntryCursor, direction: Direction, protonum: number, present: number, out: ByteWriter): void {
    const tuple = this.#tuple;
    const { buffer } = entry;
    if (HAS_PORTS[protonum]! && tuple.find(entry, direction)) {
      out.piece(SRC);
      if (tuple.v4) {
        out.ipv4(buffer, tuple.src);
        out.piece(DST);
        out.ipv4(buffer, tuple.dst);
      } else {
        out.ipv6(buffer, tuple.src);
        out.piece(DST);
        out.ipv6(buffer, tuple.dst);
      }
      out.piece(SPORT);
      out.decimal(buffer[tuple.sport]! * 256 + buffer[tuple.sport + 1]!);
      out.piece(DPORT);
      out.decimal(buffer[tuple.dport]! * 256 + buffer[tuple.dport + 1]!);
      if (tuple.more) this.#zone(entry, direction, out);
    } else this.#other(entry, direction, protonum, out);
    if ((present & (1 << CTA_COUNTERS[direction])) !== 0) {
      const counters = this.#counters;
      counters.read(entry, direction);
      if (counters.packets >= 0) {
        out.piece(PACKETS);
        out.decimal(counters.packets);
      }
      if (counters.bytes >= 0) {
        out.piece(BYTES);
        out.decimal(counters.bytes);
      }
    }
  }

  #other(entry: EntryCursor, direction: Direction, protonum: number, out: ByteWriter): void {
    const first = direction === ORIGINAL ? 0 : 2;
    const second = direction === ORIGINAL ? 1 : 3;
    out.piece(SRC);
    writeAddress(entry, first, out);
    out.piece(DST);
    writeAddress(entry, second, out);
    const value = (name: Piece, number: number): void => {
      if (number < 0) return;
      out.piece(name);
      out.decimal(number);
    };
    if (protonum === ICMP || protonum === ICMPV6) {
      value(TYPE, entry.icmpType(direction));
      value(CODE, entry.icmpCode(direction));
      value(ID, entry.icmpId(direction));
    } else if (protonum === GRE) {
      const [srckey, dstkey] = [entry.greKey(first), entry.greKey(second)];
      if (srckey >= 0) {
        out.piece(SRCKEY);
        out.hex(srckey);
      }
      if (dstkey >= 0) {
        out.piece(DSTKEY);
        out.hex(dstkey);
      }
    } else if (HAS_PORTS[protonum]!) {
      // Where the kernel has no tracker for the protocol it sends no ports, and 0 is printed.
      value(SPORT, Math.max(0, entry.port(first)));
      value(DPORT, Math.max(0, entry.port(second)));
    }
    this.#zone(entry, direction, out);
  }

  #zone(entry: EntryCursor, direction: Direction, out: ByteWriter): void {
    const zone = entry.directionZone(direction);
    if (zone <= 0) return;
    out.piece(ZONES[direction]!);
    out.decimal(zone);
  }

  #rare(entry: EntryCursor, out: ByteWriter): void {
    const secmark = entry.secmark();
    if (secmark >= 0) out.text(` secmark=${secmark}`);
    const secctx = entry.secctx();
    if (secctx !== undefined) out.text(` secctx=${secctx}`);
    const zone = entry.zone();
    if (zone > 0) {
      out.piece(ZONE);
      out.decimal(zone);
    }
    const start = seconds(entry, CTA_TIMESTAMP_START);
    const stop = seconds(entry, CTA_TIMESTAMP_STOP);
    if (start >= 0) {
      out.piece(DELTA);
      out.text(String((stop >= 0 ? stop : this.now) - start));
    }
    const { ctime } = this.#style;
    if (ctime !== undefined) {
      if (start >= 0) out.text(` [start=${ctime(start)}]`);
      if (stop >= 0) out.text(` [stop=${ctime(stop)}]`);
    }
    const helper = entry.helper();
    if (helper) out.text(` helper=${helper}`);
  }
}

/** A time of CTA_TIMESTAMP in whole seconds since 1970; −1 when it is not there. */
export function seconds(entry: EntryCursor, which: number): number {
  const at = entry.inside(CTA_TIMESTAMP, which, 8);
  if (at === 0) return -1;
  const nanoseconds = entry.view.getBigUint64(at);
  return nanoseconds === 0n ? -1 : Number(nanoseconds / 1_000_000_000n);
}
