import { statusMask, statusNames, type TcpFlag } from '@conntrack/flow';
import { EXPECT_FLAGS, formatIPv4, formatIPv6, MAX_LABEL, TCP_FLAGS } from '@conntrack/flow/codec';
import { formatNanoseconds, parseNanoseconds } from '@conntrack/flow/text';
import { LITTLE } from './endianness.js';
import { NetlinkError, type Operation } from './error.js';
import { text } from './message.js';
import type { MessageWriter } from './writer.js';

const U16 = 0xffff;
const U32 = 0xffffffff;

/** Checks a whole number within bounds. @throws NetlinkError NOT_ENCODABLE with the name of the field */
export function inRange(operation: Operation, field: string, value: number, max: number): number {
  if (Number.isInteger(value) && value >= 0 && value <= max) return value;
  throw new NetlinkError(
    'NOT_ENCODABLE',
    operation,
    `${field} ${JSON.stringify(value)} must be a whole number from 0 to ${max}`,
  );
}

/** Converts label bits 0–127 to the kernel's bitmap: 16 bytes, bit n in byte n / 8 (of little-endian words). */
export function labelBytes(operation: Operation, labels: readonly (number | string)[]): Uint8Array {
  const bytes = new Uint8Array(16);
  for (const label of labels) {
    if (typeof label !== 'number')
      throw new NetlinkError(
        'NOT_ENCODABLE',
        operation,
        `label '${label}' is a name; the kernel supports bits 0 to ${MAX_LABEL}`,
      );
    inRange(operation, 'label', label, MAX_LABEL);
    bytes[label >> 3]! |= 1 << (label & 7);
  }
  return bytes;
}

/** Returns the bits of names, by their index in a list. @throws NetlinkError NOT_ENCODABLE, because JavaScript callers can pass anything */
const bitsOf = (operation: Operation, kind: string, known: readonly string[], names: readonly string[]): number =>
  names.reduce((bits, name) => {
    const bit = known.indexOf(name);
    if (bit < 0) throw new NetlinkError('NOT_ENCODABLE', operation, `unknown ${kind} flag '${String(name)}'`);
    return bits | (1 << bit);
  }, 0);

/** Returns nf_ct_tcp_flags for a request: the flags, and all flags as the mask. */
export const tcpFlagBytes = (operation: Operation, names: readonly string[]): readonly number[] => [
  bitsOf(operation, 'TCP', TCP_FLAGS, names),
  0xff,
];

const flagLists: (readonly TcpFlag[] | undefined)[] = [];
/** Returns the names of the TCP flags that are set. */
export function tcpFlags(bits: number): TcpFlag[] {
  flagLists[bits] ??= TCP_FLAGS.filter((_, bit) => (bits >> bit) & 1);
  return flagLists[bits].slice();
}

/** A payload: the offsets of its beginning and end. */
export interface Payload {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly start: number;
  readonly end: number;
}

/** How the payload of one type is read, written and shown. Numbers are in network byte order, except in `flags32`. */
interface Type {
  /** Minimum number of bytes. */
  readonly size: number;
  /** Reads the value of a field; returns `undefined` if the payload stands for no value. */
  readonly read?: (payload: Payload) => unknown;
  /** @throws NetlinkError NOT_ENCODABLE naming the field */
  readonly write?: (writer: MessageWriter, number: number, value: never, operation: Operation, field: string) => void;
  readonly show: (payload: Payload) => string;
}

const hex = ({ bytes, start, end }: Payload): string => Buffer.from(bytes.subarray(start, end)).toString('hex');
const shown = (payload: Payload): string => `0x${hex(payload)}`;
const decimal = (read: (payload: Payload) => number | bigint) => (payload: Payload) => String(read(payload));
const byte = ({ bytes, start }: Payload): number => bytes[start]!;
const half = ({ view, start }: Payload): number => view.getUint16(start);
const word = ({ view, start }: Payload): number => view.getUint32(start);
const long = ({ view, start }: Payload): number => view.getUint32(start) * 4294967296 + view.getUint32(start + 4);
const ipv6 = ({ view, start }: Payload): string =>
  formatIPv6(view.getUint32(start), view.getUint32(start + 4), view.getUint32(start + 8), view.getUint32(start + 12));
const string = ({ bytes, start, end }: Payload): string => text(bytes, start, end);

const U8_TYPE: Type = {
  size: 1,
  read: byte,
  write: (writer, number, value, operation, field) => writer.u8(number, inRange(operation, field, value, 0xff)),
  show: decimal(byte),
};
const U16_TYPE: Type = {
  size: 2,
  read: half,
  write: (writer, number, value, operation, field) => writer.u16(number, inRange(operation, field, value, U16)),
  show: decimal(half),
};
const U32_TYPE: Type = {
  size: 4,
  read: word,
  write: (writer, number, value, operation, field) => writer.u32(number, inRange(operation, field, value, U32)),
  show: decimal(word),
};
const U64_TYPE: Type = {
  size: 8,
  read: long,
  write: (writer, number, value) => writer.u64(number, value),
  show: decimal(({ view, start }) => view.getBigUint64(start)),
};
const BYTES_TYPE: Type = { size: 0, show: shown };

/** Makes the type of an attribute whose number stands for a word. */
const wordOf = (base: Type, words: readonly string[]): Type => ({
  ...base,
  read: payload => words[(base.read!(payload) as number) & 1],
  write: (writer, number, value, operation, field) =>
    base.write!(writer, number, Math.max(0, words.indexOf(value)) as never, operation, field),
});

/** All types of attributes. */
export const TYPES = {
  /** Contains attributes. The fields of a tuple depend on its protocol. */
  nest: BYTES_TYPE,
  tuple: BYTES_TYPE,
  pad: BYTES_TYPE,
  bytes: BYTES_TYPE,
  u8: U8_TYPE,
  u16: U16_TYPE,
  u32: U32_TYPE,
  u64: U64_TYPE,
  flags32: { size: 4, show: ({ view, start }) => `0x${view.getUint32(start, LITTLE).toString(16)}` },
  ipv4: { size: 4, read: payload => formatIPv4(word(payload)), show: payload => formatIPv4(word(payload)) },
  ipv6: { size: 16, read: ipv6, show: ipv6 },
  /** Text without its terminating zero. Empty text means no value. */
  text: {
    size: 0,
    read: payload => string(payload) || undefined,
    write: (writer, number, value) => writer.string(number, value),
    show: payload => JSON.stringify(string(payload)),
  },
  /** 0 means no zone. */
  zone: { ...U16_TYPE, read: payload => half(payload) || undefined },
  /** Nanoseconds since 1970, read as RFC 3339. 0 means unknown. */
  time: {
    ...U64_TYPE,
    read: ({ view, start }) => {
      const high = view.getUint32(start);
      const low = view.getUint32(start + 4);
      return high === 0 && low === 0 ? undefined : formatNanoseconds(high, low);
    },
    write: (writer, number, value) => {
      const nanoseconds = parseNanoseconds(value);
      if (nanoseconds !== undefined) writer.u64(number, nanoseconds);
    },
  },
  status: {
    ...U32_TYPE,
    read: payload => statusNames(word(payload)),
    write: (writer, number, value) => writer.u32(number, statusMask(value)),
  },
  labels: {
    ...BYTES_TYPE,
    read: ({ bytes, start, end }) => {
      const labels: number[] = [];
      for (let label = 0; label < (end - start) * 8; label++)
        if ((bytes[start + (label >> 3)]! >> (label & 7)) & 1) labels.push(label);
      return labels.length > 0 ? labels : undefined;
    },
    write: (writer, number, value, operation) => writer.raw(number, labelBytes(operation, value)),
  },
  /** nf_ct_tcp_flags: the flags, and a mask that only requests use. */
  tcpFlags: {
    ...BYTES_TYPE,
    size: 1,
    read: payload => tcpFlags(byte(payload)),
    write: (writer, number, value, operation) => writer.raw(number, tcpFlagBytes(operation, value)),
  },
  expectFlags: {
    ...U32_TYPE,
    read: payload => EXPECT_FLAGS.filter((_, bit) => (word(payload) >> bit) & 1),
    write: (writer, number, value, operation) =>
      writer.u32(number, bitsOf(operation, 'expectation', EXPECT_FLAGS, value)),
  },
  role: wordOf(U8_TYPE, ['client', 'server']),
  direction: wordOf(U32_TYPE, ['original', 'reply']),
} as const satisfies Readonly<Record<string, Type>>;

/** The name of a type of attribute. */
export type AttributeType = keyof typeof TYPES;

/** Returns the entry of {@link TYPES} for a name that is known only at run time. */
export const typeOf = (type: AttributeType): Type => TYPES[type];
