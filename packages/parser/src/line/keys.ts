import { encode } from '../core/bytes.js';

// Indexes (and bits) of the numbers of a line, first those of a tuple, then the flow's own; and the fields of a `Flow` that they become, in
// its order.
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
export const TUPLE_FIELDS = [
  'sport',
  'dport',
  'type',
  'code',
  'id',
  'srckey',
  'dstkey',
  'zone',
  'packets',
  'bytes',
] as const;

export const TIMEOUT = 0;
export const MARK = 1;
export const USE = 2;
export const ZONE = 3;
export const SECMARK = 4;
export const DELTA_TIME = 5;
export const PORTID = 6;
export const ID = 7;
export const FLOW_FIELDS = ['timeout', 'mark', 'use', 'zone', 'secmark', 'deltaTime', 'portid', 'id'] as const;

/** The kind of value after a key's `=`. */
type KeyKind = 'src' | 'dst' | 'number' | 'text';

/** One `key=` of the lines of /proc and conntrack(8). */
export interface Key {
  readonly name: string;
  /** The bytes of `name=`. */
  readonly bytes: Uint8Array;
  /** Index in KEYS. */
  readonly index: number;
  readonly kind: KeyKind;
  /** Whether the key belongs to the tuple before it. */
  readonly inTuple: boolean;
  /** Index among the numbers of its tuple or flow. */
  readonly field: number;
  /** Maximum value: that of the kernel's type. */
  readonly max: number;
}

/** The name that an extra token after this key uses for it. */
export const anchorOf = (key: Key, inReply: boolean): string =>
  key.inTuple ? `${inReply ? 'reply' : 'original'}.${key.name}` : key.name;

const U8 = 0xff;
const U16 = 0xffff;
const U32 = 0xffffffff;
/** Larger counters would not be exact. */
export const U53 = Number.MAX_SAFE_INTEGER;

type Row = readonly [name: string, field: number, max: number, kind?: KeyKind];
const ofTuple: readonly Row[] = [
  ['src', 0, 0, 'src'],
  ['dst', 0, 0, 'dst'],
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
const ofFlow: readonly Row[] = [
  ['mark', MARK, U32],
  ['secmark', SECMARK, U32],
  ['zone', ZONE, U16],
  ['delta-time', DELTA_TIME, U53],
  ['use', USE, U32],
  ['id', ID, U32],
  ['portid', PORTID, U32],
  ['secctx', 0, 0, 'text'],
  ['helper', 0, 0, 'text'],
  ['labels', 0, 0, 'text'],
  ['progname', 0, 0, 'text'],
];
/** `id=` as ICMP's identifier, which belongs to a tuple. A look-up by name finds the flow's `id=` first. */
const icmpId: Row = ['id', ICMP_ID, U16];

/** The keys that become fields of a `Flow`. All other keys are kept as extra tokens. */
export const KEYS: readonly Key[] = [...ofTuple, ...ofFlow, icmpId].map((row, index) => {
  const [name, field, max, kind = 'number'] = row;
  return { name, bytes: encode(`${name}=`), index, kind, inTuple: !ofFlow.includes(row), field, max };
});

export const ICMP_ID_KEY: Key = KEYS.at(-1)!;

/** Returns the key (with its `=`) at index `at`; `undefined` if there is no known key. */
export function keyAt(bytes: Uint8Array, at: number, end: number): Key | undefined {
  for (const key of KEYS) if (isKey(key, bytes, at, end)) return key;
  return undefined;
}

/** Whether this key (with its `=`) is at index `at`. */
export function isKey(key: Key, bytes: Uint8Array, at: number, end: number): boolean {
  const expected = key.bytes;
  const length = expected.length;
  if (at + length > end) return false;
  for (let i = 0; i < length; i++) if (expected[i] !== bytes[at + i]) return false;
  return true;
}
