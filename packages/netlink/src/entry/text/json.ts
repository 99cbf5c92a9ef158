import {
  AF_INET,
  type Direction,
  type End,
  type Flow,
  ORIGINAL,
  printableJson,
  protocolOf,
  REPLY,
  stateName,
  statusNames,
} from '@conntrack/flow';
import { CTA_SYNPROXY } from '../../wire/uapi.js';
import { addRare, COUNTED, flowOf, keyBytes, PROTOINFO, RARE, writeKeyBytes } from '../flow.js';
import { tcpBytesOf, tcpInfoOf } from '../protoinfo.js';
import type { EntryReader } from '../reader.js';
import { Cache } from './cache.js';
import { putDecimal, putIPv4, putIPv6, putNumber } from './digits.js';
import { ascii, fixedText, putFixed } from './fixed-text.js';

// printableJson(cursor.flow()) as bytes, without the object and without the text: what a list of a big table spends its time on. What few entries
// have goes through objects all the same, and by the same functions.

/** Bytes that an entry's usual fields take at the most, with room to spare. */
export const JSON_ROOM = 2048;

const ID = fixedText('{"id":');
const KEY = fixedText(',"key":"ct1.');
const SPORT = fixedText('","sport":');
const DPORT = fixedText(',"dport":');
const DST = fixedText('","dst":"');
const PACKETS = fixedText(',"packets":');
const BYTES = fixedText(',"bytes":');
const REPLY_HEAD = fixedText('},"reply":{"src":"');
const TIMEOUT = fixedText(',"timeout":');
const MARK = fixedText(',"mark":');
const USE = fixedText(',"use":');
/** What stands before each member of SYNPROXY's part, by its attribute's number. */
const SYNPROXY_NAMES = ['', ',"synproxy":{"isn":', ',"its":', ',"tsoff":'].map(fixedText);
const SYNPROXY = 1 << CTA_SYNPROXY;

const BASE64URL = ascii('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_');

let lastOut: Uint8Array | undefined;
let lastView: DataView;
/** The view of the memory that is written to: mostly the same for many entries. */
function viewOf(out: Uint8Array): DataView {
  if (out !== lastOut) {
    lastOut = out;
    lastView = new DataView(out.buffer, out.byteOffset, out.length);
  }
  return lastView;
}

/** A whole number that a double has exactly. */
const putWhole = (view: DataView, at: number, value: number): number =>
  value > 0xffffffff ? putNumber(view, at, value) : putDecimal(view, at, value);

/** The digits of base64url. Of whole triples alone. */
export function putBase64(out: Uint8Array, at: number, bytes: Uint8Array, length: number): number {
  let end = at;
  for (let i = 0; i < length; i += 3) {
    const triple = (bytes[i]! << 16) | (bytes[i + 1]! << 8) | bytes[i + 2]!;
    out[end] = BASE64URL[triple >>> 18]!;
    out[end + 1] = BASE64URL[(triple >>> 12) & 63]!;
    out[end + 2] = BASE64URL[(triple >>> 6) & 63]!;
    out[end + 3] = BASE64URL[triple & 63]!;
    end += 4;
  }
  return end;
}

const protocols = new Cache(key => {
  const family = (key & 256) === 0 ? 'ipv6' : 'ipv4';
  return fixedText(
    `","family":"${family}","protocol":${JSON.stringify(protocolOf(key & 255).name)},"protonum":${key & 255},"original":{"src":"`,
  );
});
const statuses = new Cache(bits => fixedText(`,"status":${JSON.stringify(statusNames(bits))}`));
const tcpStates = new Cache(number => fixedText(`,"state":${JSON.stringify(stateName(6, number))}`));
const tcpInfos = new Cache(bytes => fixedText(`,"protoinfo":${JSON.stringify(tcpInfoOf(bytes))}`));

/** Counters that a double has exactly; the text of others is the object's. */
const isExact = (value: number): boolean => value <= Number.MAX_SAFE_INTEGER;

/** One direction from behind `"src":"` to before its `}`. Only of protocols with ports; −1 for others. */
function putTuple(view: DataView, at: number, entry: EntryReader, direction: Direction, counted: boolean): number {
  const source = (direction * 2) as End;
  const sport = entry.port(source);
  const dport = entry.port((source + 1) as End);
  const from = entry.addressAt(source);
  const to = entry.addressAt((source + 1) as End);
  if (sport < 0 || dport < 0 || from === 0 || to === 0 || entry.directionZone(direction) > 0) return -1;
  let end = putAddress(view, at, entry, from);
  end = putAddress(view, putFixed(view, end, DST), entry, to);
  end = putDecimal(view, putFixed(view, end, SPORT), sport);
  end = putDecimal(view, putFixed(view, end, DPORT), dport);
  if (!counted) return end;
  const packets = entry.packets(direction);
  const bytes = entry.bytes(direction);
  if (!isExact(packets) || !isExact(bytes)) return -1;
  if (packets >= 0) end = putWhole(view, putFixed(view, end, PACKETS), packets);
  return bytes >= 0 ? putWhole(view, putFixed(view, end, BYTES), bytes) : end;
}

const putAddress = (view: DataView, at: number, entry: EntryReader, place: number): number =>
  entry.family() === AF_INET
    ? putIPv4(view, at, entry.buffer, place)
    : putIPv6(view, at, entry.view, place, entry.buffer);

/** SYNPROXY's part; −1 where a member is missing. */
function putSynproxy(view: DataView, at: number, entry: EntryReader): number {
  let end = at;
  for (let number = 1; number < SYNPROXY_NAMES.length; number++) {
    const place = entry.inside(CTA_SYNPROXY, number, 4);
    if (place === 0) return -1;
    end = putDecimal(view, putFixed(view, end, SYNPROXY_NAMES[number]!), entry.view.getUint32(place));
  }
  view.setUint8(end, 125);
  return end + 1;
}

/** The slow way, for what has no shape of its own. */
function putObject(out: Uint8Array, at: number, entry: EntryReader): number {
  const text = printableJson(flowOf(entry));
  if (text.length * 3 > out.length - at) return -1;
  return at + Buffer.from(out.buffer, out.byteOffset, out.length).write(text, at);
}

/**
 * Writes the entry that the cursor stands on as `printableJson(cursor.flow())` would, in UTF-8, and answers where it ends; −1 where there may not
 * be room enough ({@link JSON_ROOM} for nearly all entries).
 */
export function writeJson(out: Uint8Array, at: number, entry: EntryReader): number {
  if (out.length - at < JSON_ROOM) return -1;
  const view = viewOf(out);
  const present = entry.presence();
  const id = entry.id();
  const protonum = entry.protonum();
  if (id < 0 || protonum < 0) return putObject(out, at, entry);
  const counted = (present & COUNTED) !== 0;
  const ipv4 = entry.family() === AF_INET;
  let end = putDecimal(view, putFixed(view, at, ID), id);
  end = putBase64(out, putFixed(view, end, KEY), keyBytes, writeKeyBytes(entry, id));
  end = putFixed(view, end, protocols.of(ipv4 ? protonum | 256 : protonum));
  end = putTuple(view, end, entry, ORIGINAL, counted);
  if (end < 0) return putObject(out, at, entry);
  end = putTuple(view, putFixed(view, end, REPLY_HEAD), entry, REPLY, counted);
  if (end < 0) return putObject(out, at, entry);
  out[end++] = 125;
  if ((present & PROTOINFO) !== 0) {
    const state = entry.state();
    const bytes = protonum === 6 ? tcpBytesOf(entry) : -1;
    if (state < 0 || bytes === -1) return putObject(out, at, entry);
    end = putFixed(view, putFixed(view, end, tcpStates.of(state)), tcpInfos.of(bytes));
  }
  const status = entry.status();
  if (status >= 0) end = putFixed(view, end, statuses.of(status));
  const timeout = entry.timeout();
  if (timeout >= 0) end = putDecimal(view, putFixed(view, end, TIMEOUT), timeout);
  const mark = entry.mark();
  if (mark >= 0) end = putDecimal(view, putFixed(view, end, MARK), mark);
  const use = entry.use();
  if (use >= 0) end = putDecimal(view, putFixed(view, end, USE), use);
  // Where SYNPROXY's module is loaded, every TCP entry has its part.
  const rare = present & RARE;
  if (rare === SYNPROXY) {
    end = putSynproxy(view, end, entry);
    if (end < 0) return putObject(out, at, entry);
  }
  if ((rare !== 0 && rare !== SYNPROXY) || entry.portid() > 0 || entry.unknown() !== undefined) {
    const more = {} as Flow;
    addRare(entry, more, rare === SYNPROXY ? 0 : rare);
    const text = printableJson(more);
    if (text.length > 2) {
      if (text.length * 3 > out.length - end) return -1;
      out[end++] = 44;
      return end + Buffer.from(out.buffer, out.byteOffset, out.length).write(text.slice(1), end);
    }
  }
  out[end] = 125;
  return end + 1;
}
