/** Memory that a thread receives into: bytes, and where each datagram of them begins. */
export interface Space {
  readonly buffer: Uint8Array;
  readonly datagrams: Int32Array;
}

/** Spaces of one size that are kept: those of two or three dumps at once. More are left to the collector. */
const KEPT = 12;
/** Datagrams that a space can hold at most: as many events as fit, each of which is a datagram of some 200 bytes. */
const DATAGRAMS = 1280;

/** Spaces that dumps are through with, for the next ones: memory of this kind is collected late, and a server that lists all day would look as if it leaked. */
export class SpacePool {
  readonly #kept = new Map<number, Space[]>();

  /** A space of this many bytes. It is not zeroed: only what was received is ever read. */
  take(size: number): Space {
    return (
      this.#kept.get(size)?.pop() ?? {
        buffer: Buffer.allocUnsafeSlow(size),
        datagrams: new Int32Array(1 + 2 * DATAGRAMS),
      }
    );
  }

  /** Takes a space back: nobody may look at it any more, and no thread write to it. */
  keep(space: Space): void {
    const size = space.buffer.length;
    const kept = this.#kept.get(size);
    if (kept === undefined) this.#kept.set(size, [space]);
    else if (kept.length < KEPT) kept.push(space);
  }
}
