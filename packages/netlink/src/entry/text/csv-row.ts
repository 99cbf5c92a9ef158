import { protocolOf, statusNames } from '@conntrack/flow';
import { Cache } from '../cache.js';
import { Layout } from '../layout.js';
import type { EntryReader } from '../reader.js';
import { Addresses, putWord } from './addresses.js';
import { putDecimal } from './digits.js';
import { fixedText, putFixed } from './fixed-text.js';
import { putKey } from './key.js';
import { WrittenMoment } from './moment.js';
import { stateText } from './protocol-names.js';
import { SynproxyText, tcpInfoTexts } from './trackers.js';
import { putCounters, putIcmp, putPorts } from './tuple-parts.js';

const commas = (count: number) => fixedText(','.repeat(count));
const NEXT = commas(1);
const NO_PAIR = commas(2);
/** From the reply's counters to the mark, of protocols with ports: ICMP's fields and GRE's keys. */
const PORTS_TO_MARK = commas(11);
/** From ICMP's last field to the mark: GRE's keys. */
const ICMP_TO_MARK = commas(5);
/** Zones of one direction, labels, helper, security context and its mark. */
const ZONE_TO_USE = commas(7);
/** End, age, SCTP's tags, DCCP's role. */
const START_TO_PROTOINFO = commas(6);
/** Adjusted sequence numbers. */
const PROTOINFO_TO_SYNPROXY = commas(2);
/** Master, portid, program, unknown and extra. */
const SYNPROXY_TO_END = fixedText(',,,,,\r\n');

/** What stands between the key and the state. */
const protocols = new Cache(key => fixedText(`,${(key & 256) === 0 ? 'ipv6' : 'ipv4'},${protocolOf(key & 255).name},`));
/** Names of bits are words; a list of none is written as JSON. */
export const statusCells = new Cache(bits => fixedText(statusNames(bits).join(' ') || '[]'));
export const tcpInfoCells = tcpInfoTexts('""', '"', '"');
export const synproxyCell = new SynproxyText('""', '"', '"');

/** Writes the lines of a CSV of all columns for the entries that nearly all are, several times as fast as cell by cell. */
export class CsvRow {
  readonly #layout = new Layout();
  readonly #addresses = new Addresses();
  readonly #moment = new WrittenMoment();

  /** As `LineRow.put`: the line with its end, for which there is room of 2 KiB; −1 for another entry. */
  put(entry: EntryReader, out: DataView, start: number): number {
    const layout = this.#layout;
    const { view } = entry;
    if (entry.portid() > 0 || !layout.find(entry) || layout.more || !layout.isWhole(view)) return -1;
    let at = putKey(out, start, layout, view);
    at = putFixed(out, at, protocols.of(layout.v4 ? layout.protonum | 256 : layout.protonum));
    if (layout.state >= 0) at = putFixed(out, at, stateText(layout.protonum, layout.state));
    at = putFixed(out, at, NEXT);
    if (layout.status !== 0) at = putFixed(out, at, statusCells.of(view.getUint32(layout.status)));
    at = putWord(out, at, NEXT, view, layout.timeout);
    if (layout.timeout === 0) at = putFixed(out, at, NEXT);
    at = this.#addresses.original(entry, layout, out, putFixed(out, at, NEXT), NEXT);
    at = putTuple(layout, view, out, at, layout.originalProto, layout.originalCounters);
    at = this.#addresses.reply(entry, layout, out, putFixed(out, at, NEXT), NEXT);
    at = putTuple(layout, view, out, at, layout.replyProto, layout.replyCounters);
    at = layout.ports ? putFixed(out, at, PORTS_TO_MARK) : putBothIcmp(layout, view, out, at);
    if (layout.mark !== 0) at = putDecimal(out, at, view.getUint32(layout.mark));
    at = putFixed(out, at, NEXT);
    if (layout.zone !== 0 && view.getUint16(layout.zone) !== 0) at = putDecimal(out, at, view.getUint16(layout.zone));
    at = putFixed(out, at, ZONE_TO_USE);
    if (layout.use !== 0) at = putDecimal(out, at, view.getUint32(layout.use));
    at = putWord(out, at, NEXT, view, layout.id);
    at = putFixed(out, at, NEXT);
    if (layout.start !== 0 && this.#moment.read(view, layout.start)) at = this.#moment.putTime(out, at);
    at = putFixed(out, at, START_TO_PROTOINFO);
    if (layout.state >= 0) at = putFixed(out, at, tcpInfoCells.of(layout.tcp));
    at = putFixed(out, at, PROTOINFO_TO_SYNPROXY);
    if (layout.synproxy !== 0) at = synproxyCell.put(out, at, view, layout.synproxy);
    return putFixed(out, at, SYNPROXY_TO_END);
  }
}

/** Ports and counters, each with a comma in front. */
function putTuple(
  layout: Layout,
  view: DataView,
  out: DataView,
  start: number,
  proto: number,
  counters: number,
): number {
  const at = layout.ports ? putPorts(out, start, NEXT, NEXT, view, proto) : putFixed(out, start, NO_PAIR);
  return counters === 0 ? putFixed(out, at, NO_PAIR) : putCounters(out, at, NEXT, NEXT, view, counters);
}

/** Type, code and identifier of both directions, each with a comma in front, up to the mark. */
function putBothIcmp(layout: Layout, view: DataView, out: DataView, start: number): number {
  const at = putIcmp(out, start, NEXT, NEXT, NEXT, view, layout.originalProto);
  return putFixed(out, putIcmp(out, at, NEXT, NEXT, NEXT, view, layout.replyProto), ICMP_TO_MARK);
}
