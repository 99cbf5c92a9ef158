/** Netlink messages as `ctnetlink_fill_info` lays them out (Linux 6.x, accounting on): the mix of a router's table. */

const LITTLE = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

class Writer {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  at = 0;
  constructor(size: number) {
    this.bytes = new Uint8Array(size);
    this.#view = new DataView(this.bytes.buffer);
  }
  /** A header is patched in when its content stands. */
  #sized(header: number, content: () => void, put: (start: number, size: number) => void): void {
    const start = this.at;
    this.at += header;
    content();
    put(start, this.at - start);
    this.at = (this.at + 3) & ~3;
  }
  message(family: number, content: () => void): void {
    this.#sized(
      20,
      () => {
        this.bytes[this.at - 4] = family;
        content();
      },
      (start, size) => {
        this.#view.setUint32(start, size, LITTLE);
        this.#view.setUint16(start + 4, 0x100, LITTLE);
      },
    );
  }
  attribute(type: number, content: () => void): void {
    this.#sized(4, content, (start, size) => {
      this.#view.setUint16(start, size, LITTLE);
      this.#view.setUint16(start + 2, type, LITTLE);
    });
  }
  nest(type: number, content: () => void): void {
    this.attribute(type | 0x8000, content);
  }
  u8(type: number, value: number): void {
    this.attribute(type, () => {
      this.bytes[this.at++] = value;
    });
  }
  u16(type: number, value: number): void {
    this.attribute(type, () => {
      this.#view.setUint16(this.at, value);
      this.at += 2;
    });
  }
  u32(type: number, value: number): void {
    this.words(type, [value]);
  }
  words(type: number, values: readonly number[]): void {
    this.attribute(type, () => {
      for (const value of values) {
        this.#view.setUint32(this.at, value);
        this.at += 4;
      }
    });
  }
}

/** A small generator with a seed, so that every run filters the same table. */
export function random(seed: number): (below: number) => number {
  let state = seed;
  return below => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Makes `count` entries in one buffer: 65% TCP (half of it ESTABLISHED), 30% UDP, 5% ICMP; every tenth IPv6. */
export function makeEntries(count: number): Uint8Array {
  const out = new Writer(count * 320);
  const next = random(42);
  for (let i = 0; i < count; i++) {
    const v6 = i % 10 === 9;
    const kind = next(100);
    const protonum = kind < 65 ? 6 : kind < 95 ? 17 : v6 ? 58 : 1;
    const src = v6 ? [0x20010db8, 0, 0, next(1 << 16)] : [(10 << 24) | next(1 << 24)];
    const dst = v6 ? [0x20010db8, 1, 0, next(1 << 16)] : [(next(200) << 24) | next(1 << 24)];
    const sport = 1024 + next(60000);
    const dport = [80, 443, 53, 22, 8080][next(5)]!;
    const tuple = (number: number, from: number[], to: number[], fromPort: number, toPort: number): void =>
      out.nest(number, () => {
        out.nest(1, () => {
          out.words(v6 ? 3 : 1, from);
          out.words(v6 ? 4 : 2, to);
        });
        out.nest(2, () => {
          out.u8(1, protonum);
          if (protonum === 6 || protonum === 17) {
            out.u16(2, fromPort);
            out.u16(3, toPort);
          } else {
            out.u16(protonum === 1 ? 4 : 7, fromPort);
            out.u8(protonum === 1 ? 5 : 8, 8);
            out.u8(protonum === 1 ? 6 : 9, 0);
          }
        });
      });
    out.message(v6 ? 10 : 2, () => {
      tuple(1, src, dst, sport, dport);
      // Every fifth is masqueraded.
      const masked = i % 5 === 0 && !v6;
      tuple(2, dst, masked ? [0xcb007107] : src, dport, masked ? 1024 + next(60000) : sport);
      out.u32(3, (next(2) === 0 ? 0x18e : 0x188) | (masked ? 0x10 : 0));
      for (const counters of [9, 10])
        out.nest(counters, () => {
          out.words(1, [0, next(10_000)]);
          out.words(2, [0, next(1 << 24)]);
        });
      out.u32(7, next(432_000));
      if (protonum === 6)
        out.nest(4, () =>
          out.nest(1, () => {
            out.u8(1, next(2) === 0 ? 3 : 1 + next(9));
            out.u8(2, 7);
            out.u8(3, 7);
            out.u16(4, 0x2300);
            out.u16(5, 0x2300);
          }),
        );
      out.u32(8, next(16));
      out.u32(12, i + 1);
      out.u32(11, 1);
    });
  }
  return out.bytes.subarray(0, out.at);
}
