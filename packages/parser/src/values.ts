import type { Family } from '@conntrack/flow';
import { COLON, DOT, SPACE, ZERO } from './bytes.js';
import { IPv4Cache, IPv6Cache, WordCache } from './caches.js';

/** Reads the values of a line. Every method leaves in `at` where the value ended, which is before a space or at the end of the line. */
export class ValueReader {
  /** Where the value that was read last ended. */
  at = 0;
  readonly words = new WordCache();
  readonly #addresses = new IPv4Cache();
  readonly #addresses6 = new IPv6Cache();

  /** A decimal number as printf(3) writes it, 0 to `max`; −1 when there is none, or more than a number. */
  number(bytes: Uint8Array, start: number, end: number, max: number): number {
    let i = start;
    let value = 0;
    while (i < end) {
      const digit = bytes[i]! - ZERO;
      if (digit < 0 || digit > 9) {
        if (bytes[i] === SPACE) break;
        return -1;
      }
      value = value * 10 + digit;
      i++;
    }
    this.at = i;
    return i === start || value > max || (bytes[start] === ZERO && i > start + 1) ? -1 : value;
  }

  /** A number as `%#x` writes it (`0` has no prefix in some printers, `0x0` in others: both are taken), 0 to 65535; −1 when there is none. */
  hexadecimal(bytes: Uint8Array, start: number, end: number): number {
    let i = start + 2;
    if (i >= end || bytes[start] !== ZERO || bytes[start + 1] !== 120) return -1;
    let value = 0;
    while (i < end && bytes[i] !== SPACE) {
      const code = bytes[i]!;
      const digit = code >= ZERO && code <= 57 ? code - ZERO : code >= 97 && code <= 102 ? code - 87 : 16;
      value = value * 16 + digit;
      if (digit > 15 || value > 0xffff) return -1;
      i++;
    }
    this.at = i;
    return i === start + 2 || (bytes[start + 2] === ZERO && i > start + 3) ? -1 : value;
  }

  /** Family of the address that was read last. */
  family: Family = 'ipv4';

  /** An address of either family as inet_ntop(3) writes it; `undefined` when there is none. */
  address(bytes: Uint8Array, start: number, end: number): string | undefined {
    let i = start;
    let word = 0;
    for (let dots = 0; ; dots++) {
      // An octet: one to three digits, no leading zero. Reading behind the line's end is harmless: what is there is no digit of it.
      let octet = bytes[i]! - ZERO;
      if (!(octet >= 0 && octet <= 9) || i >= end) return this.#address6(bytes, start, end);
      let digit = bytes[++i]! - ZERO;
      if (digit >= 0 && digit <= 9 && i < end && octet > 0) {
        octet = octet * 10 + digit;
        digit = bytes[++i]! - ZERO;
        if (digit >= 0 && digit <= 9 && i < end) {
          octet = octet * 10 + digit;
          if (octet > 255) return this.#address6(bytes, start, end);
          i++;
        }
      }
      word = (word << 8) | octet;
      if (dots === 3) break;
      if (bytes[i] !== DOT || i >= end) return this.#address6(bytes, start, end);
      i++;
    }
    if (i < end && bytes[i] !== SPACE) return this.#address6(bytes, start, end);
    this.at = i;
    this.family = 'ipv4';
    return this.#addresses.text(word >>> 0);
  }

  #address6(bytes: Uint8Array, start: number, end: number): string | undefined {
    let i = start;
    let colons = 0;
    while (i < end && bytes[i] !== SPACE) if (bytes[i++] === COLON) colons++;
    if (colons < 2) return undefined;
    this.at = i;
    this.family = 'ipv6';
    return this.#addresses6.text(bytes, start, i);
  }
}
