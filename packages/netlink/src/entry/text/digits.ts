import { type FixedText, fixedText, putFixed } from './fixed-text.js';

// Digits are stored four bytes at a time. The surplus bytes after a number are overwritten by whatever follows it.

const ZERO = 48;
const COLON = 58;
const DOT = 46;
/** The letter `a`. */
const A = 97;

/** Numbers below 1000: without leading zeros, with three digits, and their number of digits. */
const SHORT = new Int32Array(1000);
const FULL = new Int32Array(1000);
const DIGITS = new Uint8Array(1000);
// All tables are computed: to make the texts takes a millisecond of every start.
for (let i = 0; i < 1000; i++) {
  const digits = i < 10 ? 1 : i < 100 ? 2 : 3;
  DIGITS[i] = digits;
  FULL[i] = (ZERO + Math.floor(i / 100)) | ((ZERO + (Math.floor(i / 10) % 10)) << 8) | ((ZERO + (i % 10)) << 16);
  SHORT[i] = FULL[i]! >> (8 * (3 - digits));
}
/** Octets of a dotted address, each with its dot. */
const OCTET = new Int32Array(256);
/** Groups of an IPv6 address, written byte by byte: in hexadecimal without leading zeros, or with two digits. */
const HEX_SHORT = new Int32Array(256);
const HEX_FULL = new Int32Array(256);
const hexDigit = (value: number): number => (value < 10 ? ZERO : A - 10) + value;
for (let i = 0; i < 256; i++) {
  OCTET[i] = SHORT[i]! | (DOT << (8 * DIGITS[i]!));
  HEX_FULL[i] = hexDigit(i >> 4) | (hexDigit(i & 15) << 8);
  HEX_SHORT[i] = i < 16 ? hexDigit(i) : HEX_FULL[i]!;
}

const GAP = fixedText('::');
const MAPPED = fixedText('::ffff:');

/** Writes a whole number from 0 to 2^32 − 1; returns the end of the text. */
export function putDecimal(view: DataView, at: number, value: number): number {
  if (value < 1000) {
    view.setInt32(at, SHORT[value]!, true);
    return at + DIGITS[value]!;
  }
  const thousands = Math.floor(value / 1000);
  const end = putDecimal2(view, at, thousands);
  view.setInt32(end, FULL[value - thousands * 1000]!, true);
  return end + 3;
}

/** Writes a whole number from 0 to 4,294,967; returns the end of the text. These are separate functions because recursion is not inlined. */
function putDecimal2(view: DataView, at: number, value: number): number {
  if (value < 1000) {
    view.setInt32(at, SHORT[value]!, true);
    return at + DIGITS[value]!;
  }
  const thousands = (value / 1000) | 0;
  let end = at;
  if (thousands < 1000) {
    view.setInt32(at, SHORT[thousands]!, true);
    end += DIGITS[thousands]!;
  } else {
    const millions = (thousands / 1000) | 0;
    view.setInt8(at, ZERO + millions);
    view.setInt32(at + 1, FULL[thousands - millions * 1000]!, true);
    end += 4;
  }
  view.setInt32(end, FULL[value - thousands * 1000]!, true);
  return end + 3;
}

/** Writes a counter of 64 bits in network order, at most 2^53 − 1; returns the end of the text. */
export function putCounter(view: DataView, at: number, from: DataView, offset: number): number {
  const high = from.getUint32(offset);
  const low = from.getUint32(offset + 4);
  return high === 0 ? putDecimal(view, at, low) : putNumber(view, at, high * 4294967296 + low);
}

/** Writes a whole number from 10^9 to 2^53 − 1; returns the end of the text. */
export function putNumber(view: DataView, at: number, value: number): number {
  const billions = Math.floor(value / 1e9);
  const end = putDecimal(view, at, billions);
  return putNine(view, end, value - billions * 1e9);
}

/** Writes a number below 10^9 with nine digits; returns the end of the text. */
export function putNine(view: DataView, at: number, value: number): number {
  const millions = Math.floor(value / 1e6);
  const below = value - millions * 1e6;
  const thousands = (below / 1000) | 0;
  view.setInt32(at, FULL[millions]!, true);
  view.setInt32(at + 3, FULL[thousands]!, true);
  view.setInt32(at + 6, FULL[below - thousands * 1000]!, true);
  return at + 9;
}

/** Writes a number below 100 with two digits; returns the end of the text. */
export function putTwo(view: DataView, at: number, value: number): number {
  view.setInt32(at, FULL[value]! >> 8, true);
  return at + 2;
}

/** Writes four bytes as a dotted address; returns the end of the text. */
export function putIPv4(view: DataView, at: number, from: Uint8Array, offset: number): number {
  const a = from[offset]!;
  const b = from[offset + 1]!;
  const c = from[offset + 2]!;
  const d = from[offset + 3]!;
  view.setInt32(at, OCTET[a]!, true);
  let end = at + DIGITS[a]! + 1;
  view.setInt32(end, OCTET[b]!, true);
  end += DIGITS[b]! + 1;
  view.setInt32(end, OCTET[c]!, true);
  end += DIGITS[c]! + 1;
  view.setInt32(end, OCTET[d]!, true);
  return end + DIGITS[d]!;
}

function putGroup(view: DataView, at: number, value: number): number {
  if (value < 256) {
    view.setInt32(at, HEX_SHORT[value]!, true);
    return at + (value < 16 ? 1 : 2);
  }
  const upper = value >>> 8;
  const end = at + (upper < 16 ? 1 : 2);
  view.setInt32(at, HEX_SHORT[upper]!, true);
  view.setInt32(end, HEX_FULL[value & 255]!, true);
  return end + 2;
}

/** Writes sixteen bytes as inet_ntop(3) does (`formatIPv6` of @conntrack/flow); returns the end of the text. */
export function putIPv6(view: DataView, at: number, from: DataView, offset: number, bytes: Uint8Array): number {
  let best = -1;
  let longest = 1;
  for (let i = 0; i < 8; i++) {
    if (from.getUint16(offset + i * 2) !== 0) continue;
    const first = i;
    while (i < 8 && from.getUint16(offset + i * 2) === 0) i++;
    if (i - first > longest) {
      best = first;
      longest = i - first;
    }
  }
  if (best === 0 && (longest === 6 || (longest === 5 && from.getUint16(offset + 10) === 0xffff)))
    return putIPv4(view, putFixed(view, at, longest === 5 ? MAPPED : GAP), bytes, offset + 12);
  let end = at;
  for (let i = 0; i < 8; ) {
    if (i === best) {
      end = putFixed(view, end, GAP);
      i += longest;
      continue;
    }
    // The first group, and the group after `::`, have no colon of their own.
    if (i > 0 && (best < 0 || i !== best + longest)) view.setInt8(end++, COLON);
    end = putGroup(view, end, from.getUint16(offset + i * 2));
    i++;
  }
  return end;
}

/** Writes a value of 16 bits in network order after its name. */
export const putHalf = (view: DataView, at: number, name: FixedText, from: DataView, offset: number): number =>
  putDecimal(view, putFixed(view, at, name), from.getUint16(offset));

/** Writes a value of 32 bits in network order after its name; writes nothing if its offset is 0. */
export const putWord = (view: DataView, at: number, name: FixedText, from: DataView, offset: number): number =>
  offset === 0 ? at : putDecimal(view, putFixed(view, at, name), from.getUint32(offset));
