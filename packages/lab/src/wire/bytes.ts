import { LITTLE } from '@conntrack/netlink/raw';

/** Joins byte strings. */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function number(size: 1 | 2 | 4, value: number, little: boolean): Uint8Array {
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  if (size === 1) view.setUint8(0, value);
  else if (size === 2) view.setUint16(0, value, little);
  else view.setUint32(0, value >>> 0, little);
  return bytes;
}

/** One byte. */
export const u8 = (value: number): Uint8Array => number(1, value, LITTLE);
/** 16 bits in host byte order. */
export const u16 = (value: number): Uint8Array => number(2, value, LITTLE);
/** 32 bits in host byte order, for rtnetlink. */
export const u32 = (value: number): Uint8Array => number(4, value, LITTLE);
/** 16 bits in network byte order, for ports. */
export const be16 = (value: number): Uint8Array => number(2, value, false);
/** 32 bits in network byte order, for nf_tables. */
export const be32 = (value: number): Uint8Array => number(4, value, false);
/** A string with a terminating NUL. */
export const text = (value: string): Uint8Array => new TextEncoder().encode(`${value}\0`);
