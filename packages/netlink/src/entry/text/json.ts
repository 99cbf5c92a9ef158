import { type Flow, protocolOf, stateName, statusNames } from '@conntrack/flow';
import { printableJson } from '@conntrack/flow/text';
import { Cache } from '../cache.js';
import { addRare, flowOf } from '../flow.js';
import { Layout } from '../layout.js';
import type { EntryReader } from '../reader.js';
import { Addresses } from './addresses.js';
import { putDecimal, putHalf, putWord } from './digits.js';
import { fixedText, putFixed } from './fixed-text.js';
import { putKey } from './key.js';
import { WrittenMoment } from './moment.js';
import { SynproxyText, tcpInfoTexts } from './trackers.js';
import { putCounters, putIcmp, putPorts } from './tuple-parts.js';

// Writes printableJson(cursor.flow()) as bytes, without making the object or a string: listing a big table spends most of its time on this.
// Rare fields still go through objects, and through the same functions.

/** Maximum number of bytes for the usual fields of an entry, with a reserve. */
export const JSON_ROOM = 2048;

const ID = fixedText('{"id":');
const KEY = fixedText(',"key":"');
const ORIGINAL = fixedText('"original":{"src":"');
const REPLY = fixedText('},"reply":{"src":"');
const DST = fixedText('","dst":"');
const SPORT = fixedText('","sport":');
const DPORT = fixedText(',"dport":');
const TYPE = fixedText('","type":');
const CODE = fixedText(',"code":');
const ICMP_ID = fixedText(',"id":');
const PACKETS = fixedText(',"packets":');
const BYTES = fixedText(',"bytes":');
const TUPLE_END = fixedText('}');
const TIMEOUT = fixedText(',"timeout":');
const MARK = fixedText(',"mark":');
const USE = fixedText(',"use":');
const ZONE = fixedText(',"zone":');
const START = fixedText(',"start":"');
const QUOTE = 34;
const COMMA = 44;
const CLOSE = 125;

const protocols = new Cache(key => {
  const family = (key & 256) === 0 ? 'ipv6' : 'ipv4';
  return fixedText(
    `","family":"${family}","protocol":${JSON.stringify(protocolOf(key & 255).name)},"protonum":${key & 255},`,
  );
});
const statuses = new Cache(bits => fixedText(`,"status":${JSON.stringify(statusNames(bits))}`));
const states = new Cache(key => fixedText(`,"state":${JSON.stringify(stateName(key & 255, key >>> 8))}`));
const tcpInfos = tcpInfoTexts('"', ',"protoinfo":');
const synproxy = new SynproxyText('"', ',"synproxy":');
const layout = new Layout();
const addresses = new Addresses();
const moment = new WrittenMoment();

let lastOut: Uint8Array | undefined;
let lastView: DataView;
/** Returns the view of the memory that is written to. It is mostly the same for many entries. */
function viewOf(out: Uint8Array): DataView {
  if (out !== lastOut) {
    lastOut = out;
    lastView = new DataView(out.buffer, out.byteOffset, out.length);
  }
  return lastView;
}

/** Writes the text of a value from the object. */
function putText(out: Uint8Array, at: number, text: string): number {
  if (text.length * 3 > out.length - at) return -1;
  return at + Buffer.from(out.buffer, out.byteOffset, out.length).write(text, at);
}

/** Writes the protocol's parts and the counters of a tuple, up to the tuple's end. */
function putTuple(out: DataView, start: number, view: DataView, proto: number, counters: number): number {
  const at = layout.ports
    ? putPorts(out, start, SPORT, DPORT, view, proto)
    : putIcmp(out, start, TYPE, CODE, ICMP_ID, view, proto);
  return putCounters(out, at, PACKETS, BYTES, view, counters);
}

/** Writes all rare fields and the end of the object; returns −1 if there may not be enough room. */
function putMore(out: Uint8Array, at: number, entry: EntryReader): number {
  const more = {} as Flow;
  addRare(entry, more, entry.presence());
  const text = printableJson(more);
  if (text.length === 2) {
    out[at] = CLOSE;
    return at + 1;
  }
  out[at] = COMMA;
  return putText(out, at + 1, text.slice(1));
}

/**
 * Writes the current entry as `printableJson(cursor.flow())`, in UTF-8, and returns the end of the text; −1 if there may not be enough room
 * ({@link JSON_ROOM} is enough for nearly all entries).
 */
export function writeJson(out: Uint8Array, start: number, entry: EntryReader): number {
  if (out.length - start < JSON_ROOM) return -1;
  const sent = entry.portid() > 0;
  const { view: from } = entry;
  if (!layout.find(entry) || !layout.isWhole(from)) return putText(out, start, printableJson(flowOf(entry)));
  const view = viewOf(out);
  const { v4, protonum, state, status } = layout;
  let at = putDecimal(view, putFixed(view, start, ID), from.getUint32(layout.id));
  at = putKey(view, putFixed(view, at, KEY), layout, from);
  at = putFixed(view, at, protocols.of(v4 ? protonum | 256 : protonum));
  at = addresses.original(entry, layout, view, putFixed(view, at, ORIGINAL), DST);
  at = putTuple(view, at, from, layout.originalProto, layout.originalCounters);
  at = addresses.reply(entry, layout, view, putFixed(view, at, REPLY), DST);
  at = putTuple(view, at, from, layout.replyProto, layout.replyCounters);
  at = putFixed(view, at, TUPLE_END);
  if (state >= 0) at = putFixed(view, putFixed(view, at, states.of((state << 8) | protonum)), tcpInfos.of(layout.tcp));
  if (status !== 0) at = putFixed(view, at, statuses.of(from.getUint32(status)));
  at = putWord(view, at, TIMEOUT, from, layout.timeout);
  at = putWord(view, at, MARK, from, layout.mark);
  at = putWord(view, at, USE, from, layout.use);
  if (sent || layout.more) return putMore(out, at, entry);
  if (layout.zone !== 0 && from.getUint16(layout.zone) !== 0) at = putHalf(view, at, ZONE, from, layout.zone);
  if (layout.start !== 0 && moment.read(from, layout.start)) {
    at = moment.putTime(view, putFixed(view, at, START));
    view.setUint8(at++, QUOTE);
  }
  if (layout.synproxy !== 0) at = synproxy.put(view, at, from, layout.synproxy);
  view.setUint8(at, CLOSE);
  return at + 1;
}
