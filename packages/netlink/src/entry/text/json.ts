import {
  AF_INET,
  type Direction,
  type End,
  type Flow,
  formatIPv6,
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
import { ascii } from './fixed-text.js';

// printableJson(cursor.flow()) as bytes, without the object and without the text: what a list of a big table spends its time on. What few entries
// have goes through objects all the same, and by the same functions.

/** Bytes that an entry's usual fields take at the most, with room to spare. */
export const JSON_ROOM = 2048;

const ID = ascii('{"id":');
const KEY = ascii(',"key":"ct1.');
const SPORT = ascii('","sport":');
const DPORT = ascii(',"dport":');
const DST = ascii('","dst":"');
const PACKETS = ascii(',"packets":');
const BYTES = ascii(',"bytes":');
const REPLY_HEAD = ascii('},"reply":{"src":"');
const TIMEOUT = ascii(',"timeout":');
const MARK = ascii(',"mark":');
const USE = ascii(',"use":');
/** What stands before each member of SYNPROXY's part, by its attribute's number. */
const SYNPROXY_NAMES = ['', ',"synproxy":{"isn":', ',"its":', ',"tsoff":'].map(ascii);
const SYNPROXY = 1 << CTA_SYNPROXY;

const BASE64URL = ascii('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_');

/** Two decimal digits for each number below 100. */
const PAIRS = ascii(Array.from({ length: 100 }, (_, n) => String(n).padStart(2, '0')).join(''));

function put(out: Uint8Array, at: number, bytes: Uint8Array): number {
  const { length } = bytes;
  for (let i = 0; i < length; i++) out[at + i] = bytes[i]!;
  return at + length;
}

function putText(out: Uint8Array, at: number, text: string): number {
  const { length } = text;
  for (let i = 0; i < length; i++) out[at + i] = text.charCodeAt(i);
  return at + length;
}

/** A whole number as JSON.stringify has it. */
function putNumber(out: Uint8Array, at: number, value: number): number {
  if (value >= 0 && value < 10) {
    out[at] = 48 + value;
    return at + 1;
  }
  // What does not fit a small integer of the engine, and −1 for a half that the kernel left out, are rare.
  if (value < 0 || value > 0x3fffffff) return putLarge(out, at, value);
  return putSmall(out, at, value);
}

function putSmall(out: Uint8Array, at: number, value: number): number {
  const end =
    at +
    (value < 100
      ? 2
      : value < 1000
        ? 3
        : value < 10_000
          ? 4
          : value < 100_000
            ? 5
            : value < 1_000_000
              ? 6
              : value < 10_000_000
                ? 7
                : value < 100_000_000
                  ? 8
                  : value < 1_000_000_000
                    ? 9
                    : 10);
  let rest = value | 0;
  let i = end;
  while (rest >= 100) {
    const quotient = (rest / 100) | 0;
    const pair = (rest - quotient * 100) * 2;
    rest = quotient;
    out[--i] = PAIRS[pair + 1]!;
    out[--i] = PAIRS[pair]!;
  }
  if (rest >= 10) {
    out[--i] = PAIRS[rest * 2 + 1]!;
    out[--i] = PAIRS[rest * 2]!;
  } else out[--i] = 48 + rest;
  return end;
}

/** Up to 32 bits in two parts; beyond, as text. */
function putLarge(out: Uint8Array, at: number, value: number): number {
  if (value < 0 || value > 0xffffffff) return putText(out, at, String(value));
  const high = Math.floor(value / 100_000);
  let rest = value - high * 100_000;
  const end = putSmall(out, at, high) + 5;
  for (let i = end - 1; i >= end - 5; i--) {
    const quotient = (rest / 10) | 0;
    out[i] = 48 + rest - quotient * 10;
    rest = quotient;
  }
  return end;
}

function putOctet(out: Uint8Array, at: number, octet: number): number {
  if (octet < 10) {
    out[at] = 48 + octet;
    return at + 1;
  }
  if (octet < 100) {
    out[at] = PAIRS[octet * 2]!;
    out[at + 1] = PAIRS[octet * 2 + 1]!;
    return at + 2;
  }
  const hundreds = octet < 200 ? 1 : 2;
  const pair = (octet - hundreds * 100) * 2;
  out[at] = 48 + hundreds;
  out[at + 1] = PAIRS[pair]!;
  out[at + 2] = PAIRS[pair + 1]!;
  return at + 3;
}

function putIPv4(out: Uint8Array, at: number, from: Uint8Array, offset: number): number {
  let end = putOctet(out, at, from[offset]!);
  out[end] = 46;
  end = putOctet(out, end + 1, from[offset + 1]!);
  out[end] = 46;
  end = putOctet(out, end + 1, from[offset + 2]!);
  out[end] = 46;
  return putOctet(out, end + 1, from[offset + 3]!);
}

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
  return `","family":"${family}","protocol":${JSON.stringify(protocolOf(key & 255).name)},"protonum":${key & 255},"original":{"src":"`;
});
const statuses = new Cache(bits => `,"status":${JSON.stringify(statusNames(bits))}`);
const tcpStates = new Cache(number => `,"state":${JSON.stringify(stateName(6, number))}`);
const tcpInfos = new Cache(bytes => `,"protoinfo":${JSON.stringify(tcpInfoOf(bytes))}`);

/** One direction from behind `"src":"` to before its `}`. Only of protocols with ports; −1 for others. */
function putTuple(out: Uint8Array, at: number, entry: EntryReader, direction: Direction, counted: boolean): number {
  const source = (direction * 2) as End;
  const sport = entry.port(source);
  const from = entry.addressAt(source);
  const to = entry.addressAt((source + 1) as End);
  if (sport < 0 || from === 0 || to === 0 || entry.directionZone(direction) > 0) return -1;
  let end = putAddress(out, at, entry, from);
  end = put(out, end, DST);
  end = putAddress(out, end, entry, to);
  end = put(out, end, SPORT);
  end = putNumber(out, end, sport);
  end = put(out, end, DPORT);
  end = putNumber(out, end, entry.port((source + 1) as End));
  if (!counted) return end;
  const packets = entry.packets(direction);
  if (packets >= 0) end = putNumber(out, put(out, end, PACKETS), packets);
  const bytes = entry.bytes(direction);
  return bytes >= 0 ? putNumber(out, put(out, end, BYTES), bytes) : end;
}

function putAddress(out: Uint8Array, at: number, entry: EntryReader, place: number): number {
  const { view } = entry;
  return entry.family() === AF_INET
    ? putIPv4(out, at, entry.buffer, place)
    : putText(
        out,
        at,
        formatIPv6(
          view.getUint32(place),
          view.getUint32(place + 4),
          view.getUint32(place + 8),
          view.getUint32(place + 12),
        ),
      );
}

/** SYNPROXY's part; −1 where a member is missing. */
function putSynproxy(out: Uint8Array, at: number, entry: EntryReader): number {
  let end = at;
  for (let number = 1; number < SYNPROXY_NAMES.length; number++) {
    const place = entry.inside(CTA_SYNPROXY, number, 4);
    if (place === 0) return -1;
    end = putNumber(out, put(out, end, SYNPROXY_NAMES[number]!), entry.view.getUint32(place));
  }
  out[end] = 125;
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
  const present = entry.presence();
  const id = entry.id();
  const protonum = entry.protonum();
  if (id < 0 || protonum < 0) return putObject(out, at, entry);
  const counted = (present & COUNTED) !== 0;
  const ipv4 = entry.family() === AF_INET;
  let end = putNumber(out, put(out, at, ID), id);
  end = putBase64(out, put(out, end, KEY), keyBytes, writeKeyBytes(entry, id));
  end = put(out, end, protocols.of(ipv4 ? protonum | 256 : protonum));
  end = putTuple(out, end, entry, ORIGINAL, counted);
  if (end < 0) return putObject(out, at, entry);
  end = putTuple(out, put(out, end, REPLY_HEAD), entry, REPLY, counted);
  if (end < 0) return putObject(out, at, entry);
  out[end++] = 125;
  if ((present & PROTOINFO) !== 0) {
    const state = entry.state();
    const bytes = protonum === 6 ? tcpBytesOf(entry) : -1;
    if (state < 0 || bytes === -1) return putObject(out, at, entry);
    end = put(out, put(out, end, tcpStates.of(state)), tcpInfos.of(bytes));
  }
  const status = entry.status();
  if (status >= 0) end = put(out, end, statuses.of(status));
  const timeout = entry.timeout();
  if (timeout >= 0) end = putNumber(out, put(out, end, TIMEOUT), timeout);
  const mark = entry.mark();
  if (mark >= 0) end = putNumber(out, put(out, end, MARK), mark);
  const use = entry.use();
  if (use >= 0) end = putNumber(out, put(out, end, USE), use);
  // Where SYNPROXY's module is loaded, every TCP entry has its part.
  const rare = present & RARE;
  if (rare === SYNPROXY) {
    end = putSynproxy(out, end, entry);
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
