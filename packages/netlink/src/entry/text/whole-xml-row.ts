import { STATUS, statusNames } from '@conntrack/flow';
import { Cache } from '../cache.js';
import { Layout } from '../layout.js';
import type { EntryReader } from '../reader.js';
import { Addresses } from './addresses.js';
import { putDecimal } from './digits.js';
import { fixedText, putFixed } from './fixed-text.js';
import { WrittenMoment } from './moment.js';
import { stateText } from './protocol-names.js';
import { SynproxyText, tcpInfoTexts } from './trackers.js';
import { putIcmp } from './tuple-parts.js';
import { DELTA, layer3, putShared, putXmlCounters, putXmlPorts, STATE } from './xml-parts.js';
import { DST, layer4 } from './xml-tags.js';
import { element, escaped } from './xml-text.js';

const ORIGINAL = layer3('original', '<flow dialect="ctctl">');
const REPLY = layer3('reply', '</meta>');
const TYPE = fixedText('<type>');
const CODE = fixedText('</type><code>');
const ICMP_ID = fixedText('</code><id>');
const ICMP_END = fixedText('</id></layer4>');
const INDEPENDENT = fixedText('</meta><meta direction="independent">');
const START = fixedText('<timestamp><start>');
const START_END = fixedText('</start></timestamp>');
const META_END = fixedText('</meta>');
const REST = fixedText('<rest>{');
const COMMA = fixedText(',');
const REST_END = fixedText('}</rest>');
const FLOW_END = fixedText('</flow>');

/** The flags with an element of their own, and all names of the status. */
export const statusElements = new Cache(bits => {
  const assured = (bits & STATUS.ASSURED) === 0 ? '' : '<assured/>';
  const unreplied = (bits & STATUS.SEEN_REPLY) === 0 ? '<unreplied/>' : '';
  return fixedText(assured + unreplied + element('status', statusNames(bits).join(' ')));
});

const QUOTE = escaped('"');
const tcpInfos = tcpInfoTexts(QUOTE, `${QUOTE}protoinfo${QUOTE}:`);
const synproxy = new SynproxyText(QUOTE, `${QUOTE}synproxy${QUOTE}:`);

/**
 * Writes the element for fields without an element of their own: TCP's tracker, if its four bytes are given, and SYNPROXY, if it has a
 * place in the entry.
 */
export function putRest(out: DataView, start: number, tcp: number | undefined, view: DataView, place: number): number {
  if (tcp === undefined && place === 0) return start;
  let at = putFixed(out, start, REST);
  if (tcp !== undefined) at = putFixed(out, at, tcpInfos.of(tcp));
  if (tcp !== undefined && place !== 0) at = putFixed(out, at, COMMA);
  if (place !== 0) at = synproxy.put(out, at, view, place);
  return putFixed(out, at, REST_END);
}

/** Writes common entries as whole `<flow>` elements. */
export class WholeXmlRow {
  readonly #layout = new Layout();
  readonly #addresses = new Addresses();
  readonly #moment = new WrittenMoment();

  /** Like `LineRow.put`: writes the element without a newline, for which 2 KiB must be free; returns −1 for other entries. */
  put(entry: EntryReader, out: DataView, start: number, now: number): number {
    const layout = this.#layout;
    const { view } = entry;
    if (entry.portid() > 0 || !layout.find(entry) || layout.more || !layout.isWhole(view)) return -1;
    const { v4, state } = layout;
    let at = this.#addresses.original(entry, layout, out, putFixed(out, start, v4 ? ORIGINAL.v4 : ORIGINAL.v6), DST);
    at = putLayer4(layout, view, out, at, layout.originalProto);
    at = putXmlCounters(out, at, view, layout.originalCounters);
    at = this.#addresses.reply(entry, layout, out, putFixed(out, at, v4 ? REPLY.v4 : REPLY.v6), DST);
    at = putLayer4(layout, view, out, at, layout.replyProto);
    at = putXmlCounters(out, at, view, layout.replyCounters);
    at = putFixed(out, at, INDEPENDENT);
    if (state >= 0)
      at = putFixed(out, putFixed(out, putFixed(out, at, STATE[0]), stateText(layout.protonum, state)), STATE[1]);
    at = putShared(out, at, view, layout);
    if (layout.status !== 0) at = putFixed(out, at, statusElements.of(view.getUint32(layout.status)));
    if (layout.start !== 0 && this.#moment.read(view, layout.start)) {
      at = putFixed(out, this.#moment.putNanoseconds(out, putFixed(out, at, START)), START_END);
      at = putFixed(
        out,
        putDecimal(out, putFixed(out, at, DELTA[0]), Math.max(0, now - this.#moment.seconds)),
        DELTA[1],
      );
    }
    at = putRest(out, putFixed(out, at, META_END), state < 0 ? undefined : layout.tcp, view, layout.synproxy);
    return putFixed(out, at, FLOW_END);
  }
}

function putLayer4(layout: Layout, view: DataView, out: DataView, start: number, proto: number): number {
  const at = putFixed(out, start, layer4(layout.protonum));
  if (layout.ports) return putXmlPorts(out, at, view, proto);
  return putFixed(out, putIcmp(out, at, TYPE, CODE, ICMP_ID, view, proto), ICMP_END);
}
