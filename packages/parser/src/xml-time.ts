import { formatNanoseconds, parseNanoseconds } from '@conntrack/flow';

/** Nanoseconds since 1970 in text to RFC 3339; `undefined` when the text is none, or beyond 64 bits. */
export function nanosecondsText(text: string): string | undefined {
  if (!/^\d{1,20}$/.test(text)) return undefined;
  const value = BigInt(text);
  return value >> 64n ? undefined : formatNanoseconds(Number(value >> 32n), Number(value & 0xffffffffn));
}

/** RFC 3339 to nanoseconds since 1970. */
export const nanosecondsOf = (time: string): string => String(parseNanoseconds(time) ?? 0n);
