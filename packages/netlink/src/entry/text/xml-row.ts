import { STATUS } from '@conntrack/flow';
import { Layout } from '../layout.js';
import type { EntryReader } from '../reader.js';
import { Addresses, ageOf } from './addresses.js';
import { putDecimal } from './digits.js';
import { fixedText, putFixed } from './fixed-text.js';
import { FOREIGN, STATES } from './protocol-names.js';
import type { TextStyle } from './style.js';
import { DELTA, layer3, putShared, putXmlCounters, putXmlPorts, STATE } from './xml-parts.js';
import { DST, LAYER4_END, layer4 } from './xml-tags.js';

const ORIGINAL = layer3('original', '<flow>');
const REPLY = layer3('reply', '</meta>');
const INDEPENDENT = fixedText('</meta><meta direction="independent">');
const OWN_STATES = fixedText('</meta><meta direction="independent" states="own">');
const ASSURED = fixedText('<assured/>');
const UNREPLIED = fixedText('<unreplied/>');
const FLOW_END = fixedText('</meta></flow>');

/** Writes common entries as elements of `conntrack -L -o xml`. States are named by their protocol's own table. */
export class XmlRow {
  readonly #layout = new Layout();
  readonly #addresses = new Addresses();
  readonly #labels: boolean;
  readonly #ctime: boolean;

  constructor({ labels, ctime }: Pick<TextStyle, 'labels' | 'ctime'>) {
    this.#labels = labels !== undefined;
    this.#ctime = ctime !== undefined;
  }

  /** Like `LineRow.put`: writes the element without a newline, for which 2 KiB must be free; returns −1 for other entries and for events. */
  put(entry: EntryReader, out: DataView, start: number, now: number): number {
    const layout = this.#layout;
    if (entry.event() >= 0 || !layout.find(entry) || layout.extended) return -1;
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
    at = putXmlCounters(out, at, view, layout.originalCounters);
    at = putFixed(out, at, layout.v4 ? REPLY.v4 : REPLY.v6);
    at = this.#addresses.reply(entry, layout, out, at, DST);
    at = putLayer4(layout, view, out, at, layout.replyProto);
    at = putXmlCounters(out, at, view, layout.replyCounters);
    at = putFixed(out, at, state !== undefined && FOREIGN[layout.protonum]! ? OWN_STATES : INDEPENDENT);
    if (state !== undefined) at = putFixed(out, putFixed(out, putFixed(out, at, STATE[0]), state), STATE[1]);
    at = putShared(out, at, view, layout);
    if (layout.status !== 0) {
      const status = view.getInt32(layout.status);
      if ((status & STATUS.ASSURED) !== 0) at = putFixed(out, at, ASSURED);
      if ((status & STATUS.SEEN_REPLY) === 0) at = putFixed(out, at, UNREPLIED);
    }
    if (layout.start !== 0) at = putFixed(out, putDecimal(out, putFixed(out, at, DELTA[0]), age), DELTA[1]);
    return putFixed(out, at, FLOW_END);
  }
}

function putLayer4(layout: Layout, view: DataView, out: DataView, start: number, proto: number): number {
  const at = putFixed(out, start, layer4(layout.protonum));
  // For ICMP the element contains only the protocol's name.
  if (!layout.ports) return putFixed(out, at, LAYER4_END);
  return putXmlPorts(out, at, view, proto);
}
