import { type Family, TCP_STATES } from '@conntrack/flow';
import { formatIPv6, parseIPv6Into } from '@conntrack/flow/codec';
import { DOT, decode, SPACE, tokenEnd, ZERO } from '../core/bytes.js';
import { readKey } from '../core/gre-key.js';
import { IPv4Cache, WordCache } from './caches.js';
import { DELTA_TIME, MARK, SECMARK } from './keys.js';

const words = new Uint32Array(4);

/** An IPv6 address as inet_ntop(3) writes it, out of whichever form it has; empty when it is none. */
const inetNtop = (text: string): string =>
  parseIPv6Into(words, 0, text) ? formatIPv6(words[0]!, words[1]!, words[2]!, words[3]!) : '';

/** Reads the values of a line. Every method leaves in `at` where the value ended, which is before a space or at the end of the line. */
export class ValueReader {
  /** Where the value that was read last ended. */
  at = 0;
  /** Usual states are the very strings of the table, which are compared fastest. */
  readonly words = new WordCache(word => TCP_STATES.find(state => state === word) ?? word);
  readonly #addresses = new IPv4Cache();
  readonly #addresses6 = new WordCache(inetNtop);

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

  /** A flow's number that is not as printf(3) writes it: a mark in hexadecimal, the delta-time of a clock that was set back; NaN when there is none. */
  unusual(bytes: Uint8Array, start: number, end: number, field: number): number {
    this.at = tokenEnd(bytes, start, end);
    const form = field === DELTA_TIME ? /^-[1-9]\d{0,14}$/ : /^0x[\da-f]{1,8}$/i;
    const text = decode(bytes, start, this.at);
    return (field === DELTA_TIME || field === MARK || field === SECMARK) && form.test(text) ? Number(text) : Number.NaN;
  }

  /** A number as `%#x` writes it (`0` has no prefix in some printers, `0x0` in others: both are taken), 0 to 65535; −1 when there is none. */
  hexadecimal(bytes: Uint8Array, start: number, end: number): number {
    this.at = tokenEnd(bytes, start, end);
    return readKey(decode(bytes, start, this.at));
  }

  /** Family of the address that was read last. */
  family: Family = 'ipv4';

  /** An address of either family as inet_ntop(3) writes it; `undefined` when there is none. */
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
