import { type Family, TCP_STATES } from '@conntrack/flow';
import { formatIPv6, parseIPv6Into } from '@conntrack/flow/codec';
import { DOT, decode, SPACE, tokenEnd, ZERO } from '../core/bytes.js';
import { readKey } from '../core/gre-key.js';
import { IPv4Cache, WordCache } from './caches.js';
import { DELTA_TIME, MARK, SECMARK } from './keys.js';

const words = new Uint32Array(4);

/** Returns an IPv6 address as inet_ntop(3) writes it; empty for other text. */
const inetNtop = (text: string): string =>
  parseIPv6Into(words, 0, text) ? formatIPv6(words[0]!, words[1]!, words[2]!, words[3]!) : '';

/** Reads the values of a line. Every method sets `at` to the end of the value, which is a space or the end of the line. */
export class ValueReader {
  /** Index of the end of the last value. */
  at = 0;
  /** The names of common states are the same string objects as in the table, which makes comparing them fast. */
  readonly words = new WordCache(word => TCP_STATES.find(state => state === word) ?? word);
  readonly #addresses = new IPv4Cache();
  readonly #addresses6 = new WordCache(inetNtop);

  /** Reads a decimal number as printf(3) writes it, 0 to `max`; returns −1 if there is none, or if more than a number is there. */
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

  /**
   * Reads a number of the flow in a notation that printf(3) does not use: a hexadecimal mark, or the negative delta-time of a clock that
   * was set back. Returns NaN if there is none.
   */
  unusual(bytes: Uint8Array, start: number, end: number, field: number): number {
    this.at = tokenEnd(bytes, start, end);
    const form = field === DELTA_TIME ? /^-[1-9]\d{0,14}$/ : /^0x[\da-f]{1,8}$/i;
    const text = decode(bytes, start, this.at);
    return (field === DELTA_TIME || field === MARK || field === SECMARK) && form.test(text) ? Number(text) : Number.NaN;
  }

  /**
   * Reads a number as `%#x` writes it, 0 to 65535; returns −1 if there is none. Some printers write zero as `0`, others as `0x0`: both are
   * accepted.
   */
  hexadecimal(bytes: Uint8Array, start: number, end: number): number {
    this.at = tokenEnd(bytes, start, end);
    return readKey(decode(bytes, start, this.at));
  }

  /** Family of the address that was read last. */
  family: Family = 'ipv4';

  /** Reads an address of either family and returns it as inet_ntop(3) writes it; `undefined` if there is none. */
  address(bytes: Uint8Array, start: number, end: number): string | undefined {
    let i = start;
    let word = 0;
    let octet = -1;
    let dots = 0;
    for (; i < end && octet < 256; i++) {
      const digit = bytes[i]! - ZERO;
      if (digit >= 0 && digit <= 9 && octet !== 0) octet = (octet < 0 ? 0 : octet * 10) + digit;
      else if (bytes[i] === DOT && octet >= 0) {
        word = (word << 8) | octet;
        octet = -1;
        dots++;
      } else break;
    }
    if (dots === 3 && octet >= 0 && octet < 256 && (i === end || bytes[i] === SPACE)) {
      this.at = i;
      this.family = 'ipv4';
      return this.#addresses.text(((word << 8) | octet) >>> 0);
    }
    this.at = tokenEnd(bytes, start, end);
    this.family = 'ipv6';
    return this.#addresses6.word(bytes, start, this.at) || undefined;
  }
}
