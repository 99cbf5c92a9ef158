import { EQUALS, encode, SPACE } from './bytes.js';

// Bits and places of the numbers of a line: a tuple's, then the flow's own.
export const SPORT = 0;
export const DPORT = 1;
export const TYPE = 2;
export const CODE = 3;
export const ICMP_ID = 4;
export const SRCKEY = 5;
export const DSTKEY = 6;
export const DIRECTION_ZONE = 7;
export const PACKETS = 8;
export const BYTES = 9;

export const TIMEOUT = 0;
export const MARK = 1;
export const SECMARK = 2;
export const ZONE = 3;
export const DELTA_TIME = 4;
export const USE = 5;
export const ID = 6;
export const PORTID = 7;

/** What stands behind a key's `=`. */
type KeyKind = 'src' | 'dst' | 'number' | 'text';

/** One `key=` of the lines of /proc and conntrack(8). */
export interface Key {
  readonly name: string;
  /** Place in the table. */
  readonly index: number;
  /** The bytes of `name=`. */
  readonly bytes: Uint8Array;
  readonly kind: KeyKind;
  /** Whether it belongs to the tuple that it stands in. */
  readonly inTuple: boolean;
  /** Place among the numbers of its tuple or flow. */
  readonly field: number;
  /** Largest value: that of the kernel's type. */
  readonly max: number;
}

/** What an extra token says that it followed this key. */
export const anchorOf = (key: Key, inReply: boolean): string =>
  key.inTuple ? `${inReply ? 'reply' : 'original'}.${key.name}` : key.name;

const U8 = 0xff;
const U16 = 0xffff;
const U32 = 0xffffffff;
const U53 = Number.MAX_SAFE_INTEGER;

type NumberRow = readonly [name: string, field: number, max: number];
const tupleNumbers: readonly NumberRow[] = [
  ['sport', SPORT, U16],
  ['dport', DPORT, U16],
  ['type', TYPE, U8],
  ['code', CODE, U8],
  ['srckey', SRCKEY, U16],
  ['dstkey', DSTKEY, U16],
  ['zone-orig', DIRECTION_ZONE, U16],
  ['zone-reply', DIRECTION_ZONE, U16],
  ['packets', PACKETS, U53],
  ['bytes', BYTES, U53],
];
const flowNumbers: readonly NumberRow[] = [
  ['mark', MARK, U32],
  ['secmark', SECMARK, U32],
  ['zone', ZONE, U16],
  ['delta-time', DELTA_TIME, U53],
  ['use', USE, U32],
  ['id', ID, U32],
  ['portid', PORTID, U32],
];
const texts = ['secctx', 'helper', 'labels', 'progname'];

// All of them made in one place: objects of one hidden class are read several times faster in the loop over tokens.
const makeKey = (name: string, kind: KeyKind, inTuple: boolean, field: number, max: number, index: number): Key => ({
  name,
  kind,
  inTuple,
  field,
  max,
  index,
  bytes: encode(`${name}=`),
});

const rows: readonly (readonly [string, KeyKind, boolean, number, number])[] = [
  ['src', 'src', true, 0, 0],
  ['dst', 'dst', true, 0, 0],
  ...tupleNumbers.map(([name, field, max]) => [name, 'number', true, field, max] as const),
  ...flowNumbers.map(([name, field, max]) => [name, 'number', false, field, max] as const),
  ...texts.map(name => [name, 'text', false, 0, 0] as const),
];

/** The keys that become fields of a `Flow`. All others are kept as extra tokens. */
export const KEYS: readonly Key[] = rows.map((row, index) => makeKey(...row, index));

/** `id=` where it is ICMP's identifier, a tuple's. */
export const ICMP_ID_KEY: Key = makeKey(
  'id',
  'number',
  true,
  ICMP_ID,
  U16,
  KEYS.findIndex(key => key.name === 'id'),
);

/** Longest key of the table. */
const LONGEST = 10;

// A key's place is made of its first and last character and its length, with factors found by trial, so that no two of the table share one
// (test/keys.test.ts). What is there is compared in full.
const SLOTS = 64;
const place = (first: number, last: number, length: number): number => (first + last * 5 + length * 14) & (SLOTS - 1);
const slots: (Key | undefined)[] = new Array<Key | undefined>(SLOTS).fill(undefined);
for (const key of KEYS)
  slots[place(key.name.charCodeAt(0), key.name.charCodeAt(key.name.length - 1), key.name.length)] = key;

/** The key that stands at `at` with its `=`; `undefined` when the token is none of the table's. */
export function keyAt(bytes: Uint8Array, at: number, end: number): Key | undefined {
  const stop = Math.min(at + LONGEST + 1, end);
  let i = at;
  while (i < stop && bytes[i] !== EQUALS && bytes[i] !== SPACE) i++;
  const length = i - at;
  if (i >= stop || length < 2 || bytes[i] !== EQUALS) return undefined;
  const key = slots[place(bytes[at]!, bytes[i - 1]!, length)];
  if (key === undefined) return undefined;
  return isKey(key, bytes, at, end) ? key : undefined;
}

/** Whether this key stands at `at`, with its `=`. */
export function isKey(key: Key, bytes: Uint8Array, at: number, end: number): boolean {
  const expected = key.bytes;
  const length = expected.length;
  if (at + length > end) return false;
  for (let i = 0; i < length; i++) if (expected[i] !== bytes[at + i]) return false;
  return true;
}
