import { formatIPv4, formatIPv6, parseIPv4, parseIPv6Into } from '../address/address.js';
import { type Family, familyNumber, familyOf } from '../address/family.js';
import type { FlowRef } from '../change/change.js';
import { checkRefKeys } from '../change/validate.js';
import type { Flow, Tuple } from '../flow/flow.js';
import { OptionsError } from '../options/options.js';
import { protocolOf, TUPLE_FIELDS } from '../protocol/protocol.js';
import { PART_BITS } from '../protocol/tuple-parts.js';

/** What a key identifies: one connection. Its zone and original tuple find it; its id tells it from a successor. */
export interface FlowKey extends FlowRef {
  /** The kernel's `CTA_ID`, 32 bits. */
  id: number;
}

/** Thrown for text that is not a flow key. */
export class FlowKeyError extends Error {
  /** Stable code of the error. */
  readonly code = 'KEY_INVALID';
  override readonly name = 'FlowKeyError';
  constructor(
    readonly key: string,
    reason: string,
  ) {
    super(`not a flow key: ${reason}`);
  }
}

const PREFIX = 'ct1.';
/** The first byte of a key: the directions that its zone is valid for. */
const ZONE_BOTH = 1;
const ZONE_ORIGINAL = 2;
const ZONE_REPLY = 3;
const HEADER = 5;
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const codeOf = (letter: string): number => letter.charCodeAt(0);
const letterCodes = /* @__PURE__ */ Array.from(alphabet, codeOf);
/** The value of each letter by its code; -1 for all other ASCII characters. */
const digits = /* @__PURE__ */ Int8Array.from({ length: 128 }, (_, code) => letterCodes.indexOf(code));

/** Reused arrays of character codes, by the number of bytes in a key. */
const codesOf: Record<number, number[]> = {};

const scratch = /* @__PURE__ */ new Uint8Array(48);
const words = /* @__PURE__ */ new Uint32Array(4);

function putWord(at: number, word: number): void {
  scratch[at] = word >>> 24;
  scratch[at + 1] = word >>> 16;
  scratch[at + 2] = word >>> 8;
  scratch[at + 3] = word;
}

function putAddress(at: number, family: Family, text: string): number {
  const isIPv4 = family === 'ipv4';
  const word = isIPv4 ? parseIPv4(text) : 0;
  words[0] = word;
  if (word < 0 || !(isIPv4 || parseIPv6Into(words, 0, text)))
    throw new TypeError(`'${text}' is not an ${isIPv4 ? 'IPv4' : 'IPv6'} address`);
  const length = isIPv4 ? 4 : 16;
  for (let i = 0; i < length; i += 4) putWord(at + i, words[i / 4]!);
  return at + length;
}

/** Packs the protocol-dependent parts of a tuple (ports; type, code and id; GRE keys) into the 4 bytes of a key. */
function partsWord(protonum: number, tuple: Tuple): number {
  let word = 0;
  for (const part of TUPLE_FIELDS[protocolOf(protonum).kind]) word = (word << PART_BITS[part]) | (tuple[part] ?? 0);
  return word >>> 0;
}

/**
 * Encodes the key of a flow: `ct1.` and, in base64url, these bytes in network byte order: the directions of the zone, zone, address family,
 * protocol number, original addresses, the 4 bytes of the protocol, and the id.
 *
 * @throws TypeError if an address of the tuple is not of the given family
 *
 * @throws OptionsError for a member that a reference does not have: without it the key would name another connection
 */
export function encodeKey(key: FlowKey): string {
  checkRefKeys('encodeKey', key, message => new OptionsError(message));
  const local = encodeLocal(key);
  return key.node === undefined ? local : nodeKey(key.node, local);
}

const encodeLocal = (key: FlowKey): string =>
  encode(key.family, key.protonum, key.original, key.zone, key.replyZone, key.id);

function encode(
  family: Family,
  protonum: number,
  original: Tuple,
  bothZone: number | undefined,
  replyZone: number | undefined,
  id: number,
): string {
  scratch[0] = original.zone !== undefined ? ZONE_ORIGINAL : replyZone !== undefined ? ZONE_REPLY : ZONE_BOTH;
  const zone = original.zone ?? replyZone ?? bothZone ?? 0;
  scratch[1] = zone >>> 8;
  scratch[2] = zone;
  scratch[3] = familyNumber(family);
  scratch[4] = protonum;
  let at = putAddress(HEADER, family, original.src);
  at = putAddress(at, family, original.dst);
  putWord(at, partsWord(protonum, original));
  putWord(at + 4, id);
  return encodeKeyBytes(scratch, at + 8);
}

/**
 * Encodes key bytes as text. For decoders that already have the bytes, laid out as {@link encodeKey} says (21 bytes for IPv4, 45 for IPv6:
 * a multiple of 3).
 */
export function encodeKeyBytes(bytes: Uint8Array, length: number): string {
  codesOf[length] ??= Array.from(PREFIX, codeOf);
  const codes = codesOf[length];
  for (let i = 0, at = PREFIX.length; i < length; i += 3, at += 4) {
    const triple = (bytes[i]! << 16) | (bytes[i + 1]! << 8) | bytes[i + 2]!;
    codes[at] = letterCodes[triple >>> 18]!;
    codes[at + 1] = letterCodes[(triple >>> 12) & 63]!;
    codes[at + 2] = letterCodes[(triple >>> 6) & 63]!;
    codes[at + 3] = letterCodes[triple & 63]!;
  }
  // `fromCharCode` makes one flat string. A concatenated string would be copied at its first use.
  return String.fromCharCode(...codes);
}

/** Returns the key of a flow that has an id; `undefined` for other flows. */
export const keyOf = (flow: Flow): string | undefined =>
  flow.id === undefined
    ? undefined
    : encode(flow.family, flow.protonum, flow.original, flow.zone, flow.reply.zone, flow.id);

function digitAt(key: string, at: number): number {
  const code = key.charCodeAt(at);
  const digit = code < digits.length ? digits[code]! : -1;
  if (digit < 0) throw new FlowKeyError(key, `character ${at + 1} is not base64url`);
  return digit;
}

const halfAt = (at: number): number => (scratch[at]! << 8) | scratch[at + 1]!;
const wordAt = (at: number): number => ((halfAt(at) << 16) | halfAt(at + 2)) >>> 0;

/** Between the name of a node, which has no dot, and the key. */
const NODE_END = '.';

/** Returns the key of a flow in a fleet: the name of its host, a dot, and the key that the flow has on this host. */
export const nodeKey = (node: string, key: string): string => node + NODE_END + key;

/** Separates the key of a flow in a fleet into the name of its host and the key on this host. Other keys have no `node`. */
export function splitNodeKey(key: string): { node?: string; key: string } {
  const end = key.indexOf(NODE_END);
  return end < 1 || !key.startsWith(PREFIX, end + 1) ? { key } : { node: key.slice(0, end), key: key.slice(end + 1) };
}

/** Whether text begins like a key, of one host or of a fleet. {@link checkKey} checks all of it. */
export const looksLikeKey = (text: string): boolean => splitNodeKey(text).key.startsWith(PREFIX);

/** Checks a key, of one host or of a fleet. @throws FlowKeyError if the text is not a flow key */
export const checkKey = (key: string): void => void decodeKey(splitNodeKey(key).key);

/** Decodes the key of one host. @throws FlowKeyError if the text is not a flow key, or is the key of a fleet */
export function decodeKey(key: string): FlowKey {
  if (!key.startsWith(PREFIX)) {
    const { node, key: local } = splitNodeKey(key);
    throw new FlowKeyError(
      key,
      node === undefined
        ? `it must begin with '${PREFIX}'`
        : `it names the node '${node}' of a fleet, and this is the table of one host. On '${node}', the key is '${local}'`,
    );
  }
  const length = key.length - PREFIX.length;
  if (length !== 28 && length !== 60)
    throw new FlowKeyError(key, `${length} characters after '${PREFIX}', expected 28 or 60`);
  for (let i = 0, at = PREFIX.length; at < key.length; at += 4, i += 3) {
    const quad =
      (digitAt(key, at) << 18) | (digitAt(key, at + 1) << 12) | (digitAt(key, at + 2) << 6) | digitAt(key, at + 3);
    scratch[i] = quad >>> 16;
    scratch[i + 1] = quad >>> 8;
    scratch[i + 2] = quad;
  }
  const family = familyOf(scratch[3]!);
  const direction = scratch[0]!;
  if (direction < ZONE_BOTH || direction > ZONE_REPLY) throw new FlowKeyError(key, 'unknown layout');
  if (family === undefined || (family === 'ipv4') !== (length === 28))
    throw new FlowKeyError(key, 'its family does not match its length');
  const protonum = scratch[4]!;
  const size = family === 'ipv4' ? 4 : 16;
  const address = (at: number): string =>
    family === 'ipv4'
      ? formatIPv4(wordAt(at))
      : formatIPv6(wordAt(at), wordAt(at + 4), wordAt(at + 8), wordAt(at + 12));
  const original: Tuple = { src: address(HEADER), dst: address(HEADER + size) };
  const rest = HEADER + size * 2;
  const parts = TUPLE_FIELDS[protocolOf(protonum).kind];
  if (parts.length === 0 && wordAt(rest) !== 0)
    throw new FlowKeyError(key, 'its protocol has no ports, but the key has ports');
  let place = rest;
  for (const part of parts) {
    const isByte = PART_BITS[part] === 8;
    original[part] = isByte ? scratch[place]! : halfAt(place);
    place += isByte ? 1 : 2;
  }
  const zone = halfAt(1);
  if (direction === ZONE_ORIGINAL) original.zone = zone;
  const id = wordAt(rest + 4);
  if (direction === ZONE_REPLY) return { family, protonum, original, replyZone: zone, id };
  return direction === ZONE_BOTH && zone !== 0
    ? { family, protonum, original, zone, id }
    : { family, protonum, original, id };
}
