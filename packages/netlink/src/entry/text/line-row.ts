import { STATUS } from '@conntrack/flow';
import { Layout } from '../layout.js';
import type { EntryReader } from '../reader.js';
import { Addresses, ageOf } from './addresses.js';
import { putDecimal, putHalf, putWord } from './digits.js';
import { fixedText, putFixed } from './fixed-text.js';
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
import { STATES } from './protocol-names.js';
import type { TextStyle } from './style.js';
import { putCounters, putIcmp, putPorts } from './tuple-parts.js';

const UNREPLIED_SRC = fixedText(' [UNREPLIED] src=');
const REPLIED_SRC = fixedText(' src=');
const SPACE = 32;

/** Writes common entries as lines of `conntrack -L`, several times as fast as field by field through the cursor. */
export class LineRow {
  readonly #layout = new Layout();
  readonly #addresses = new Addresses();
  readonly #extended: boolean;
  readonly #id: boolean;
  readonly #labels: boolean;
  readonly #ctime: boolean;

  constructor({ extended, id, labels, ctime }: Pick<TextStyle, 'extended' | 'id' | 'labels' | 'ctime'>) {
    this.#extended = extended;
    this.#id = id;
    this.#labels = labels !== undefined;
    this.#ctime = ctime !== undefined;
  }

  /**
   * Writes the entry's line, without its newline, at an offset of `out` where 1 KiB must be free. Returns the end of the line, or −1 for an
   * entry that is not a common one; the written bytes then have no meaning. `now`: whole seconds since 1970.
   */
  put(entry: EntryReader, out: DataView, start: number, now: number): number {
    const layout = this.#layout;
    if (
      !layout.find(entry) ||
      layout.extended ||
      (layout.labels && this.#labels) ||
      (layout.start !== 0 && this.#ctime)
    )
      return -1;
    const { view } = entry;
    const age = ageOf(layout, view, now);
    if (age < 0) return -1;
    let at = start;
    if (this.#extended) at = putFixed(out, at, LAYER3[layout.v4 ? 0 : 1]!);
    at = putFixed(out, at, layer4(layout.protonum));
    if (layout.timeout !== 0) {
      at = putDecimal(out, at, view.getUint32(layout.timeout));
      out.setInt8(at++, SPACE);
    }
    if (layout.state >= 0) {
      const state = STATES[layout.protonum]?.[layout.state];
      if (state === undefined) return -1;
      at = putFixed(out, at, state);
      out.setInt8(at++, SPACE);
    }
    at = this.#addresses.original(entry, layout, out, putFixed(out, at, SRC), DST);
    at = putLayer4(layout, view, out, at, layout.originalProto);
    at = putCounters(out, at, PACKETS, BYTES, view, layout.originalCounters);
    const status = layout.status === 0 ? STATUS.SEEN_REPLY : view.getInt32(layout.status);
    at = putFixed(out, at, (status & STATUS.SEEN_REPLY) === 0 ? UNREPLIED_SRC : REPLIED_SRC);
    at = this.#addresses.reply(entry, layout, out, at, DST);
    at = putLayer4(layout, view, out, at, layout.replyProto);
    at = putCounters(out, at, PACKETS, BYTES, view, layout.replyCounters);
    if ((status & STATUS.HW_OFFLOAD) !== 0) at = putFixed(out, at, HW_OFFLOAD);
    else if ((status & STATUS.OFFLOAD) !== 0) at = putFixed(out, at, OFFLOAD);
    else if ((status & STATUS.ASSURED) !== 0) at = putFixed(out, at, ASSURED);
    at = putWord(out, at, MARK, view, layout.mark);
    if (layout.zone !== 0 && view.getUint16(layout.zone) !== 0) at = putHalf(out, at, ZONE, view, layout.zone);
    if (layout.start !== 0) at = putDecimal(out, putFixed(out, at, DELTA), age);
    at = putWord(out, at, USE, view, layout.use);
    return this.#id ? putWord(out, at, ID, view, layout.id) : at;
  }
}

function putLayer4(layout: Layout, view: DataView, out: DataView, start: number, proto: number): number {
  return layout.ports
    ? putPorts(out, start, SPORT, DPORT, view, proto)
    : putIcmp(out, start, TYPE, CODE, ID, view, proto);
}
