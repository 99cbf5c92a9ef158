import { STATUS } from '@conntrack/flow';
import type { EntryReader } from '../reader.js';
import { Addresses, ageOf, putHalf, putWord } from './addresses.js';
import { putCounter, putDecimal } from './digits.js';
import { type FixedText, fixedText, putFixed } from './fixed-text.js';
import { Layout } from './layout.js';
import { FOREIGN, STATES } from './protocol-names.js';
import type { TextStyle } from './style.js';
import { DPORT, DST, LAYER4, LAYER4_END, PORTS_END, SPORT } from './xml-tags.js';

const layer3 = (direction: string, before: string): { v4: FixedText; v6: FixedText } => ({
  v4: fixedText(`${before}<meta direction="${direction}"><layer3 protonum="2" protoname="ipv4"><src>`),
  v6: fixedText(`${before}<meta direction="${direction}"><layer3 protonum="10" protoname="ipv6"><src>`),
});
const ORIGINAL = layer3('original', '<flow>');
const REPLY = layer3('reply', '</meta>');
const PACKETS = fixedText('<counters><packets>');
const BYTES = fixedText('</packets><bytes>');
const COUNTERS_END = fixedText('</bytes></counters>');
const INDEPENDENT = fixedText('</meta><meta direction="independent">');
const OWN_STATES = fixedText('</meta><meta direction="independent" states="own">');
const STATE = fixedText('<state>');
const STATE_END = fixedText('</state>');
const TIMEOUT = [fixedText('<timeout>'), fixedText('</timeout>')] as const;
const MARK = [fixedText('<mark>'), fixedText('</mark>')] as const;
const ZONE = [fixedText('<zone>'), fixedText('</zone>')] as const;
const USE = [fixedText('<use>'), fixedText('</use>')] as const;
const ID = [fixedText('<id>'), fixedText('</id>')] as const;
const ASSURED = fixedText('<assured/>');
const UNREPLIED = fixedText('<unreplied/>');
const DELTA = [fixedText('<deltatime>'), fixedText('</deltatime>')] as const;
const FLOW_END = fixedText('</meta></flow>');

/** Writes the elements of `conntrack -L -o xml` for the entries that nearly all are; states by their protocol's own table. */
export class XmlRow {
  readonly #layout = new Layout();
  readonly #addresses = new Addresses();
  readonly #labels: boolean;
  readonly #ctime: boolean;

  constructor({ labels, ctime }: Pick<TextStyle, 'labels' | 'ctime'>) {
    this.#labels = labels !== undefined;
    this.#ctime = ctime !== undefined;
  }

  /** As `LineRow.put`: the element, without a newline, for which there is room of 2 KiB; −1 for another entry, or an event. */
  put(entry: EntryReader, out: DataView, start: number, now: number): number {
    const layout = this.#layout;
    if (entry.event() >= 0 || !layout.find(entry)) return -1;
    if ((layout.labels && this.#labels) || (layout.start !== 0 && this.#ctime)) return -1;
    const { view } = entry;
    const age = ageOf(layout, view, now);
    if (age < 0) return -1;
    const states = STATES[layout.protonum];
    const state = layout.state < 0 ? undefined : states?.[layout.state];
    if (layout.state >= 0 && state === undefined) return -1;
    let at = putFixed(out, start, layout.v4 ? ORIGINAL.v4 : ORIGINAL.v6);
    at = this.#addresses.original(entry, layout, out, at, DST);
    at = putLayer4(layout, view, out, at, layout.originalProto);
    if (layout.originalCounters !== 0) at = putCounters(view, out, at, layout.originalCounters);
    at = putFixed(out, at, layout.v4 ? REPLY.v4 : REPLY.v6);
    at = this.#addresses.reply(entry, layout, out, at, DST);
    at = putLayer4(layout, view, out, at, layout.replyProto);
    if (layout.replyCounters !== 0) at = putCounters(view, out, at, layout.replyCounters);
    at = putFixed(out, at, state !== undefined && FOREIGN[layout.protonum]! ? OWN_STATES : INDEPENDENT);
    if (state !== undefined) at = putFixed(out, putFixed(out, putFixed(out, at, STATE), state), STATE_END);
    at = putElement(out, at, TIMEOUT, view, layout.timeout);
    at = putElement(out, at, MARK, view, layout.mark);
    if (layout.zone !== 0 && view.getUint16(layout.zone) !== 0)
      at = putFixed(out, putHalf(out, at, ZONE[0], view, layout.zone), ZONE[1]);
    at = putElement(out, at, USE, view, layout.use);
    at = putElement(out, at, ID, view, layout.id);
    if (layout.status !== 0) {
      const status = view.getInt32(layout.status);
      if ((status & STATUS.ASSURED) !== 0) at = putFixed(out, at, ASSURED);
      if ((status & STATUS.SEEN_REPLY) === 0) at = putFixed(out, at, UNREPLIED);
    }
    if (layout.start !== 0) at = putFixed(out, putDecimal(out, putFixed(out, at, DELTA[0]), age), DELTA[1]);
    return putFixed(out, at, FLOW_END);
  }
}

const putElement = (
  out: DataView,
  at: number,
  tags: readonly [FixedText, FixedText],
  view: DataView,
  offset: number,
): number => (offset === 0 ? at : putFixed(out, putWord(out, at, tags[0], view, offset), tags[1]));

function putLayer4(layout: Layout, view: DataView, out: DataView, start: number, proto: number): number {
  const at = putFixed(out, start, LAYER4[layout.protonum]!);
  // Of ICMP the element tells nothing but its name.
  if (!layout.ports) return putFixed(out, at, LAYER4_END);
  const end = putHalf(out, putHalf(out, at, SPORT, view, proto + 12), DPORT, view, proto + 20);
  return putFixed(out, end, PORTS_END);
}

function putCounters(view: DataView, out: DataView, start: number, counters: number): number {
  let at = putCounter(out, putFixed(out, start, PACKETS), view, counters + 4);
  at = putCounter(out, putFixed(out, at, BYTES), view, counters + 16);
  return putFixed(out, at, COUNTERS_END);
}
