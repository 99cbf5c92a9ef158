/** ASCII text as bytes, made once for what is written often. */
export const ascii = (text: string): Uint8Array => Uint8Array.from(text, letter => letter.charCodeAt(0));

/** A fixed piece of text, as numbers of eight bytes each: a writer stores it eight bytes at a time. */
export interface Piece {
  /** The bytes in groups of eight, little-endian, as doubles; zeros behind the last. ASCII is never a NaN, whose bits would not be kept. */
  readonly words: Float64Array;
  readonly length: number;
}

/** Makes a piece of ASCII text. */
export function piece(text: string): Piece {
  const bytes = new Uint8Array(Math.ceil(text.length / 8) * 8);
  bytes.set(ascii(text));
  const view = new DataView(bytes.buffer);
  return {
    words: Float64Array.from({ length: bytes.length / 8 }, (_, i) => view.getFloat64(i * 8, true)),
    length: text.length,
  };
}

/** Two decimal digits of each number below 100, as one little-endian number. */
const PAIRS = Uint16Array.from({ length: 100 }, (_, i) => 48 + Math.floor(i / 10) + ((48 + (i % 10)) << 8));
/** Each octet in decimal with a dot behind it, as one little-endian number, and how long that is. */
const OCTETS = Uint32Array.from({ length: 256 }, (_, octet) => {
  const bytes = ascii(`${octet}.`.padEnd(4, '\0'));
  return new DataView(bytes.buffer).getUint32(0, true);
});
const OCTET_LENGTH = Uint8Array.from({ length: 256 }, (_, octet) => String(octet).length + 1);
const HEX = ascii('0123456789abcdef');
const ZERO = 48;
const COLON = 58;
const GAP = piece('::');
const MAPPED = piece('::ffff:');
const encoder = new TextEncoder();

/** Room that one call of {@link ByteWriter.room} promises at least. */
const MARGIN = 4096;

/**
 * Text written as bytes into memory that is used again. A table of a million entries is 200 MB of text: strings of it would cost several
 * times what the kernel needs to send it.
 */
export class ByteWriter {
  bytes: Uint8Array;
  /** The same memory, for what is stored several bytes at a time. */
  view: DataView;
  /** How much of it is written. */
  at = 0;

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
    this.view = new DataView(this.bytes.buffer);
  }

  /** Makes sure that `size` more bytes fit. */
  room(size = MARGIN): void {
    if (this.at + size <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(this.bytes.length * 2, this.at + size));
    larger.set(this.bytes.subarray(0, this.at));
    this.bytes = larger;
    this.view = new DataView(larger.buffer);
  }

  byte(value: number): void {
    this.bytes[this.at++] = value;
  }

  /** A fixed piece. Up to seven bytes behind it are written as well, and written over by what follows. */
  piece({ words, length }: Piece): void {
    const { view } = this;
    let at = this.at;
    this.at = at + length;
    for (let i = 0; i < words.length; i++) {
      view.setFloat64(at, words[i]!, true);
      at += 8;
    }
  }

  /** Any text, as UTF-8; makes its own room. */
  text(text: string): void {
    this.room(text.length * 3 + MARGIN);
    this.at += encoder.encodeInto(text, this.bytes.subarray(this.at)).written;
  }

  /** A whole number from 0 to 2^53 − 1. */
  decimal(value: number): void {
    if (value < 10) {
      this.bytes[this.at++] = ZERO + value;
      return;
    }
    if (value > 0xffffffff) {
      // The upper digits, then nine more.
      const upper = Math.floor(value / 1e9);
      this.decimal(upper);
      this.#fixed(value - upper * 1e9, 9);
      return;
    }
    const digits =
      value < 1e5
        ? value < 1e3
          ? value < 100
            ? 2
            : 3
          : value < 1e4
            ? 4
            : 5
        : value < 1e7
          ? value < 1e6
            ? 6
            : 7
          : value < 1e8
            ? 8
            : value < 1e9
              ? 9
              : 10;
    this.#fixed(value, digits);
  }

  #fixed(value: number, digits: number): void {
    const { view } = this;
    const start = this.at;
    let rest = value;
    let at = start + digits;
    this.at = at;
    while (at - start >= 2) {
      const quotient = (rest / 100) >>> 0;
      at -= 2;
      view.setUint16(at, PAIRS[rest - quotient * 100]!, true);
      rest = quotient;
    }
    if (at > start) this.bytes[start] = ZERO + rest;
  }

  /** A number in lower-case hexadecimal without leading zeros. */
  hex(value: number): void {
    let shift = 28;
    while (shift > 0 && value >>> shift === 0) shift -= 4;
    for (; shift >= 0; shift -= 4) this.bytes[this.at++] = HEX[(value >>> shift) & 15]!;
  }

  /** Four bytes as a dotted address. */
  ipv4(from: Uint8Array, offset: number): void {
    const { view } = this;
    let at = this.at;
    for (let i = offset; i < offset + 4; i++) {
      const octet = from[i]!;
      view.setUint32(at, OCTETS[octet]!, true);
      at += OCTET_LENGTH[octet]!;
    }
    // Without the last dot.
    this.at = at - 1;
  }

  /** Sixteen bytes as inet_ntop(3) writes them: see `formatIPv6`. */
  ipv6(from: Uint8Array, offset: number): void {
    let best = -1;
    let longest = 1;
    for (let i = 0; i < 8; ) {
      let run = i;
      while (run < 8 && from[offset + run * 2] === 0 && from[offset + run * 2 + 1] === 0) run++;
      if (run - i > longest) {
        best = i;
        longest = run - i;
      }
      i = run === i ? i + 1 : run;
    }
    const group = (i: number): number => from[offset + i * 2]! * 256 + from[offset + i * 2 + 1]!;
    if (best === 0 && (longest === 6 || (longest === 5 && group(5) === 0xffff))) {
      this.piece(longest === 5 ? MAPPED : GAP);
      this.ipv4(from, offset + 12);
      return;
    }
    const start = this.at;
    for (let i = 0; i < 8; ) {
      if (i === best) {
        this.piece(GAP);
        i += longest;
      } else {
        if (this.at > start && this.bytes[this.at - 1] !== COLON) this.bytes[this.at++] = COLON;
        this.hex(group(i++));
      }
    }
  }
}
