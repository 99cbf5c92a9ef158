import { UsageError } from '../../process/usage-error.js';

const U16 = 0xffff;
const U32 = 0xffffffff;

/** Parses a whole number, decimal or `0x` hexadecimal, up to `max`. @throws UsageError */
export function integer(text: string, what: string, max: number = U32): number {
  const value = /^(0x[0-9a-f]+|\d+)$/i.test(text) ? Number(text) : Number.NaN;
  if (!(value <= max)) throw new UsageError(`${what}: must be a number from 0 to ${max}, got '${text}'`);
  return value;
}

/** Parses a 16-bit number: a port, an ICMP identifier, a GRE key, a zone. @throws UsageError */
export const integer16 = (text: string, what: string): number => integer(text, what, U16);

/** Parses a mark and its mask, as conntrack(8) writes them: `16`, `0x10/0xff`. @throws UsageError */
export function maskedMark(text: string, what: string): { mark: number; mask?: number } {
  const slash = text.indexOf('/');
  if (slash < 0) return { mark: integer(text, what) };
  return { mark: integer(text.slice(0, slash), what), mask: integer(text.slice(slash + 1), `${what}’s mask`) };
}

/** Parses seconds with an optional unit: `30`, `90s`, `5m`, `12h`, `2d`. @throws UsageError */
export function seconds(text: string, what: string): number {
  const [, digits, unit] = /^(\d+)([smhd]?)$/.exec(text) ?? [];
  const value = Number(digits) * { '': 1, s: 1, m: 60, h: 3600, d: 86_400 }[(unit ?? '') as '' | 's' | 'm' | 'h' | 'd'];
  if (!(value <= U32))
    throw new UsageError(
      `${what}: must be a time from 0 to ${U32} seconds, got '${text}'. Examples: 30, 90s, 5m, 12h or 2d`,
    );
  return value;
}
