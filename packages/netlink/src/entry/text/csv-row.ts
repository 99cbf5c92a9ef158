import { protocolOf, statusNames } from '@conntrack/flow';
import { Cache } from '../cache.js';
import { Layout } from '../layout.js';
import type { EntryReader } from '../reader.js';
import { Addresses } from './addresses.js';
import { putDecimal, putWord } from './digits.js';
import { fixedText, putFixed } from './fixed-text.js';
import { putKey } from './key.js';
import { WrittenMoment } from './moment.js';
import { stateText } from './protocol-names.js';
import { SynproxyText, tcpInfoTexts } from './trackers.js';
import { putCounters, putIcmp, putPorts } from './tuple-parts.js';

const NEXT = fixedText(',');
const EIGHT = fixedText(',,,,,,,,').first;
/** The empty cells from the reply's counters to the mark, for protocols with ports: ICMP's fields and GRE's keys. */
const PORTS_TO_MARK = 11;
/** The empty cells from ICMP's last field to the mark: GRE's keys. */
const ICMP_TO_MARK = 5;
/** The empty cells for zones of one direction, labels, helper, security context and security mark. */
const ZONE_TO_USE = 7;
/** The empty cells for end, age, SCTP's tags and DCCP's role. */
const START_TO_PROTOINFO = 6;
/** The empty cells for sequence adjustment. */
const PROTOINFO_TO_SYNPROXY = 2;
/** The empty cells for master, portid, program, unknown and extra. */
const SYNPROXY_TO_END = fixedText(',,,,,\r\n');

/** Writes the commas of up to eight empty cells. Like `putFixed`, this changes up to seven bytes after them too. */
function putCommas(out: DataView, at: number, count: number): number {
  out.setFloat64(at, EIGHT, true);
  return at + count;
}

/** Writes the comma before a cell. */
function putComma(out: DataView, at: number): number {
  out.setUint8(at, 44);
  return at + 1;
}

/** The text between the key and the state. */
const protocols = new Cache(key => fixedText(`,${(key & 256) === 0 ? 'ipv6' : 'ipv4'},${protocolOf(key & 255).name},`));
/** The names of the status bits as words. An empty list is written as JSON. */
export const statusCells = new Cache(bits => fixedText(statusNames(bits).join(' ') || '[]'));
export const tcpInfoCells = tcpInfoTexts('""', '"', '"');
export const synproxyCell = new SynproxyText('""', '"', '"');

/** Writes common entries as lines of a CSV with all columns, several times as fast as cell by cell. */
export class CsvRow {
  readonly #layout = new Layout();
  readonly #addresses = new Addresses();
  readonly #moment = new WrittenMoment();

  /** Like `LineRow.put`: writes the line with its line end, for which 2 KiB must be free; returns −1 for other entries. */
  put(entry: EntryReader, out: DataView, start: number): number {
    const layout = this.#layout;
    const { view } = entry;
    if (entry.portid() > 0 || !layout.find(entry) || layout.more || !layout.isWhole(view)) return -1;
    let at = putKey(out, start, layout, view);
    at = putFixed(out, at, protocols.of(layout.v4 ? layout.protonum | 256 : layout.protonum));
    if (layout.state >= 0) at = putFixed(out, at, stateText(layout.protonum, layout.state));
    at = putComma(out, at);
    if (layout.status !== 0) at = putFixed(out, at, statusCells.of(view.getUint32(layout.status)));
    at = putWord(out, at, NEXT, view, layout.timeout);
    if (layout.timeout === 0) at = putComma(out, at);
    at = this.#addresses.original(entry, layout, out, putComma(out, at), NEXT);
    at = putTuple(layout, view, out, at, layout.originalProto, layout.originalCounters);
    at = this.#addresses.reply(entry, layout, out, putComma(out, at), NEXT);
    at = putTuple(layout, view, out, at, layout.replyProto, layout.replyCounters);
    at = layout.ports ? putCommas(out, putCommas(out, at, 8), PORTS_TO_MARK - 8) : putBothIcmp(layout, view, out, at);
    if (layout.mark !== 0) at = putDecimal(out, at, view.getUint32(layout.mark));
    at = putComma(out, at);
    if (layout.zone !== 0 && view.getUint16(layout.zone) !== 0) at = putDecimal(out, at, view.getUint16(layout.zone));
    at = putCommas(out, at, ZONE_TO_USE);
    if (layout.use !== 0) at = putDecimal(out, at, view.getUint32(layout.use));
    at = putWord(out, at, NEXT, view, layout.id);
    at = putComma(out, at);
    if (layout.start !== 0 && this.#moment.read(view, layout.start)) at = this.#moment.putTime(out, at);
    at = putCommas(out, at, START_TO_PROTOINFO);
    if (layout.state >= 0) at = putFixed(out, at, tcpInfoCells.of(layout.tcp));
    at = putCommas(out, at, PROTOINFO_TO_SYNPROXY);
    if (layout.synproxy !== 0) at = synproxyCell.put(out, at, view, layout.synproxy);
    return putFixed(out, at, SYNPROXY_TO_END);
  }
}

/** Writes ports and counters, each after a comma. */
function putTuple(
  layout: Layout,
  view: DataView,
  out: DataView,
  start: number,
  proto: number,
  counters: number,
): number {
  const at = layout.ports ? putPorts(out, start, NEXT, NEXT, view, proto) : putCommas(out, start, 2);
  return counters === 0 ? putCommas(out, at, 2) : putCounters(out, at, NEXT, NEXT, view, counters);
}

/** Writes type, code and identifier of both directions, each after a comma, up to the mark. */
function putBothIcmp(layout: Layout, view: DataView, out: DataView, start: number): number {
  const at = putIcmp(out, start, NEXT, NEXT, NEXT, view, layout.originalProto);
  return putCommas(out, putIcmp(out, at, NEXT, NEXT, NEXT, view, layout.replyProto), ICMP_TO_MARK);
}
